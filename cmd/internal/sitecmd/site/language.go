package site

import (
	"darksite/runbooks"

	"github.com/spf13/cobra"
)

// Language is the language a person asked for, else that of the site.
func (s *Site) Language(flag string) string {
	if flag != "" {
		return flag
	}
	if conf, err := s.Config(); err == nil {
		return conf.Site.Language
	}
	return "en"
}

// Lang is Language for texts that are written in English and French.
func (s *Site) Lang(flag string) runbooks.Lang {
	if s.Language(flag) == string(runbooks.French) {
		return runbooks.French
	}
	return runbooks.English
}

// LangFlag gives a command the flag for the language.
func LangFlag(c *cobra.Command, lang *string) {
	c.Flags().StringVar(lang, "lang", "", "en or fr (default: as site.yaml says)")
}
