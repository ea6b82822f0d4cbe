// Package render turns the Markdown of runbooks into plain lines for a terminal
// of a given width: paragraphs, lists, warnings and inline code, nothing more.
//
// [Text] is pure and never prints a control character, whatever it is given;
// warnings (lines that begin
// with ">" in the source) are marked with "!" so that nothing depends on colour.
// Markup outside this small set (tables, images, HTML, links to addresses) is
// shown as its plain text. Width counts runes, which is right for English and
// French.
package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"darksite/runbooks"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// MinWidth is the narrowest width Text wraps to.
const MinWidth = 20

// Text renders Markdown as lines of at most width runes, joined by line feeds,
// without one at the end. A word longer than the width stands on a line of its
// own.
func Text(markdown string, width int) string {
	src := []byte(markdown)
	doc := goldmark.DefaultParser().Parse(text.NewReader(src))
	r := &renderer{src: src, width: max(width, MinWidth)}
	r.blocks(doc, "", "")
	return strings.TrimRight(strings.Join(r.lines, "\n"), "\n")
}

type renderer struct {
	src   []byte
	width int
	lines []string
}

// blocks renders the children of a node. first leads the first line, rest the
// others.
func (r *renderer) blocks(parent ast.Node, first, rest string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		r.block(n, first, rest)
		first = rest
		if n.NextSibling() != nil && !tight(parent) {
			r.lines = append(r.lines, strings.TrimRight(rest, " "))
		}
	}
}

func tight(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.List:
		return n.IsTight
	case *ast.ListItem:
		list, ok := n.Parent().(*ast.List)
		return ok && list.IsTight
	}
	return false
}

func (r *renderer) block(n ast.Node, first, rest string) {
	switch n := n.(type) {
	case *ast.List:
		r.list(n, first, rest)
	case *ast.Blockquote:
		r.blocks(n, first+"! ", rest+"! ")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			r.lines = append(r.lines, first+"    "+strings.TrimRight(runbooks.Printable(string(line.Value(r.src))), " "))
			first = rest
		}
	case *ast.HTMLBlock:
		var b strings.Builder
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			b.Write(line.Value(r.src))
		}
		r.wrap(runbooks.Printable(b.String()), first, rest)
	default:
		r.wrap(r.inline(n), first, rest)
	}
}

func (r *renderer) list(n *ast.List, first, rest string) {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = fmt.Sprintf("%d. ", number)
			number++
		}
		r.blocks(item, first+mark, rest+strings.Repeat(" ", len(mark)))
		first = rest
		if item.NextSibling() != nil && !n.IsTight {
			r.lines = append(r.lines, strings.TrimRight(rest, " "))
		}
	}
}

// inline joins the text below a node; emphasis is dropped, code keeps its ticks.
func (r *renderer) inline(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			text := c.Segment.Value(r.src)
			if n.Kind() != ast.KindCodeSpan {
				text = util.UnescapePunctuations(text)
			}
			b.WriteString(runbooks.Printable(string(text)))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.CodeSpan:
			b.WriteString("`" + r.inline(c) + "`")
		case *ast.AutoLink:
			b.WriteString(runbooks.Printable(string(c.URL(r.src))))
		default:
			b.WriteString(r.inline(c))
		}
	}
	return b.String()
}

func (r *renderer) wrap(s, first, rest string) {
	lead, line, used := first, "", 0
	flush := func() {
		r.lines = append(r.lines, strings.TrimRight(lead+line, " "))
		lead, line, used = rest, "", 0
	}
	for _, word := range words(s) {
		n := utf8.RuneCountInString(word)
		if used > 0 && utf8.RuneCountInString(lead)+used+1+n > r.width {
			flush()
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	if used > 0 {
		flush()
	}
}

// words are the words of a text. A mark that French sets apart by a space stays with
// the word it belongs to, so that no line begins with one or ends in an opening quote.
func words(s string) []string {
	fields := strings.Fields(s)
	out := fields[:0]
	for _, w := range fields {
		if n := len(out); n > 0 && (strings.Trim(w, "?!:;»") == "" || out[n-1] == "«" || strings.HasSuffix(out[n-1], " «")) {
			out[n-1] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}
