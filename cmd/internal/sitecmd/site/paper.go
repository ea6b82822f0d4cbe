package site

import (
	"fmt"
	"os"

	"darksite/bundle/paper"
	"darksite/bundle/safefile"
	"darksite/bundle/words"
	"darksite/cmd/internal/cli"
)

// PrintSheet prints a sheet as text, or into a PDF that is not there yet.
func (s *Site) PrintSheet(sheet paper.Sheet, pdf string) error {
	if pdf == "" {
		return paper.Text(s.Env.Out, sheet)
	}
	if err := WritePDF(pdf, func(f *safefile.File) error { return paper.PDF(f, sheet) }); err != nil {
		return err
	}
	s.Env.Notef("written: %s", pdf)
	return nil
}

// WritePDF makes a file that is not there yet.
func WritePDF(file string, write func(f *safefile.File) error) error {
	if _, err := os.Lstat(file); err == nil {
		return cli.WithHint(cli.WithCode(cli.CodeRefused, fmt.Errorf("%s is there already", file)), "name a file that is not there yet with --pdf")
	}
	f, err := safefile.Create(file, 0o600)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

// WordList is the word list for the language of a site.
func WordList(code string) words.Language {
	if code == string(words.French) {
		return words.French
	}
	return words.English
}
