package site

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/siteconf"
	"darksite/training/coach"
	"darksite/training/labmark"
)

// Practice is what a command knows that works in the folder of a lab.
type Practice struct {
	Marker coach.Marker
	Arrays *coach.Client // nil for commands that do without
}

// Banner is the line by which every screen of a lab begins.
func (s *Site) Banner() string {
	m := s.Practice.Marker
	return "== " + InLang(m.Lang, "TRAINING", "EXERCICE") + "  lab " + m.Lab + "  " +
		InLang(m.Lang, "simulated arrays, nothing here is real", "baies simulées, rien n'est réel") + "  " + s.Env.Now().UTC().Format("15:04") + " =="
}

// InLang chooses between the English and the French of a text.
func InLang(lang, en, fr string) string {
	if lang == "fr" {
		return fr
	}
	return en
}

// maxSecret bounds a file with a secret of a practice site.
const maxSecret = 64 << 10

// checkPractice refuses the site file of a lab that names anything of a real site.
func (s *Site) checkPractice(conf *siteconf.Config) error {
	m, err := coach.ReadMarker(s.Dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cli.WithCode(cli.CodeTampered, err)
	}
	var addresses []string
	for _, ar := range conf.Arrays {
		if d := ar.Dialled(); d != "" {
			addresses = append(addresses, d)
		}
	}
	for _, l := range []string{conf.Listen.Console, conf.Listen.Syslog, conf.Listen.SyslogTLS, conf.Listen.Traps} {
		if l != "" {
			addresses = append(addresses, l)
		}
	}
	for _, n := range conf.Notify {
		addresses = append(addresses, "notifier "+n.Name) // it tells people of what is not real
	}
	secrets := map[string][]byte{}
	for _, name := range conf.Secrets() {
		path := name
		if !filepath.IsAbs(path) {
			path = s.Path(path)
		}
		text, err := ReadBounded(path, maxSecret)
		if errors.Is(err, fs.ErrNotExist) {
			continue // who reads it says so
		}
		if err != nil {
			return err
		}
		secrets[name] = text
	}
	return cli.WithHint(cli.WithCode(cli.CodeRefused, m.Check(addresses, secrets)), "darksite train lab reset")
}

// OwnKey refuses a private key that lies outside of the lab's folder: what signs and
// opens for real is not to be used in practice, not even by mistake.
func (s *Site) OwnKey(file string) error {
	if s.Practice == nil {
		return nil
	}
	return cli.WithHint(cli.WithCode(cli.CodeRefused, labmark.Inside(s.Dir(), file)), "leave the key out: the keys of the lab are in its folder keys")
}

// RealSite is the folder of the site that this command is about, and that of the newest
// lab's beginning where it is about a lab; empty where there is none.
func (s *Site) RealSite(last string) string {
	for _, dir := range []string{s.Dir(), s.Env.Folder("", "DARKSITE_DIR", ".darksite"), last} {
		if dir == "" {
			continue
		}
		_, lab := coach.HomeOf(dir)
		if _, err := os.Stat(filepath.Join(dir, siteconf.FileName)); err != nil || lab {
			continue
		}
		if whole, err := filepath.Abs(dir); err == nil {
			return whole
		}
	}
	return ""
}

// PracticeLang is the language a lab is done in.
func (s *Site) PracticeLang() string { return s.Practice.Marker.Lang }

// Say is InLang in the language of the lab.
func (s *Site) Say(en, fr string) string { return InLang(s.PracticeLang(), en, fr) }
