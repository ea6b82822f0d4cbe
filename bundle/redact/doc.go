// Package redact is the one gate through which every byte of a bundle passes.
package redact
