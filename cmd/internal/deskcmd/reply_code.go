package deskcmd

import (
	"bytes"
	"fmt"
	"path/filepath"
	"time"

	"darksite/bundle/paper"
	"darksite/bundle/reply"
	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
)

// replyCode writes a reply that fits one QR code as a page to print, or as what the
// code says.
func (a *app) replyCode(r reply.Reply, built reply.Built, file string) error {
	if built.Code == "" {
		return cli.WithHint(cli.WithCode(cli.CodePartial, fmt.Errorf("reply %d is made and too long for one code", r.Seq)),
			"carry the file %s, or say less in a reply of its own", r.FileName())
	}
	data := []byte(built.Code + "\n")
	if filepath.Ext(file) == ".pdf" {
		var page bytes.Buffer
		if err := paper.PDF(&page, replyPage(r, built.Code)); err != nil {
			return err
		}
		data = page.Bytes()
	}
	if err := safefile.Write(file, data, 0o644); err != nil {
		return err
	}
	a.env.Notef("written: %s", file)
	a.env.Next("darksite reply open --scan FILE   (at the site, with what a scanner read)")
	return nil
}

func replyPage(r reply.Reply, code string) paper.Sheet {
	return paper.Sheet{
		Title: fmt.Sprintf("Reply %d to site %s", r.Seq, r.Audience), Made: r.Issued, Codes: []string{code},
		Labels: []string{fmt.Sprintf("%s, %s", r.FileName(), r.Issued.UTC().Format(time.DateOnly))},
		Rows: []string{
			fmt.Sprintf("REPLY %d to site %s, sealed on %s", r.Seq, r.Audience, r.Issued.UTC().Format("2006-01-02 15:04Z")), "",
			"Signed by two people and sealed to the site: nobody else can read it.",
			"Scan the code into a text file, then:  darksite reply open --scan FILE", "",
		},
	}
}
