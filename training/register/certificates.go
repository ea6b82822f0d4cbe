package register

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"darksite/bundle/sign"
	"darksite/training/certificate"
)

// ErrOther says that a different certificate or record is kept under the same ID.
var ErrOther = errors.New("another one is kept under this id")

// Certificates are all that are kept, by ID, whether they count or not.
func (r *Register) Certificates() ([]certificate.Signed, error) {
	names, err := r.names(text, certificatesDir)
	if err != nil {
		return nil, err
	}
	var out []certificate.Signed
	for _, name := range names {
		s, err := r.Certificate(name)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Certificate returns one. One that is not here wraps [fs.ErrNotExist].
func (r *Register) Certificate(id string) (certificate.Signed, error) {
	if id == "" || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return certificate.Signed{}, fmt.Errorf("certificate %q: want an id such as DSA-0031: %w", id, fs.ErrNotExist)
	}
	data, err := r.read(certificatesDir, id+text)
	if err != nil {
		return certificate.Signed{}, err
	}
	s, err := certificate.ParseText(string(data))
	if err == nil && s.ID != id {
		err = fmt.Errorf("it is certificate %s", s.ID)
	}
	if err != nil {
		return certificate.Signed{}, fmt.Errorf("%s: %w", r.path(certificatesDir, id+text), err)
	}
	return s, nil
}

// Keep writes a certificate down. Keeping it again changes nothing; another one of
// the same ID wraps [ErrOther].
func (r *Register) Keep(s certificate.Signed) error {
	form, err := certificate.Text(s)
	if err != nil {
		return err
	}
	release, err := r.hold(certificatesDir)
	if err != nil {
		return err
	}
	defer release()
	old, err := r.Certificate(s.ID)
	switch {
	case err == nil:
		if had, err := certificate.Text(old); err != nil || had != form {
			return errors.Join(fmt.Errorf("keep certificate %s: %w", s.ID, ErrOther), err)
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return r.write([]byte(form+"\n"), certificatesDir, s.ID+text)
}

// armorBegin is where the signature begins in the file of the list.
const armorBegin = "-----BEGIN SSH SIGNATURE-----\n"

// CheckSite reads the withdrawal of a site with its signature under it.
func CheckSite(signed []byte, people []sign.PublicKey) (certificate.SiteWithdrawal, error) {
	text, armored, ok := strings.Cut(string(signed), armorBegin)
	if !ok {
		return certificate.SiteWithdrawal{}, fmt.Errorf("withdrawal of a certificate: %w: there is none under it", sign.ErrBadSignature)
	}
	return certificate.CheckSiteWithdrawal([]byte(text), []byte(armorBegin+armored), people)
}

// WithdrawnBySite are the certificates that people of a site took out of force, by ID,
// each with its file. One that cannot be checked is an error.
func (r *Register) WithdrawnBySite(people []sign.PublicKey) (out []certificate.SiteWithdrawal, files [][]byte, err error) {
	names, err := r.names(text, siteWithdrawnDir)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		signed, err := r.read(siteWithdrawnDir, name+text)
		if err != nil {
			return nil, nil, err
		}
		w, err := CheckSite(signed, people)
		if err == nil && siteName(w) != name {
			err = fmt.Errorf("it is of certificate %s of site %s", w.ID, w.Site)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", r.path(siteWithdrawnDir, name+text), err)
		}
		out, files = append(out, w), append(files, signed)
	}
	return out, files, nil
}

// WithdrawHere keeps the withdrawal of a site. Keeping it again changes nothing, and so
// does another one of the same certificate: the first stands.
func (r *Register) WithdrawHere(signed []byte, people []sign.PublicKey) error {
	w, err := CheckSite(signed, people)
	if err != nil {
		return err
	}
	release, err := r.hold(siteWithdrawnDir)
	if err != nil {
		return err
	}
	defer release()
	if _, err := r.read(siteWithdrawnDir, siteName(w)+text); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return r.write(signed, siteWithdrawnDir, siteName(w)+text)
}

// siteName is the name of the file of a withdrawal: no site stands in the way of another.
func siteName(w certificate.SiteWithdrawal) string { return w.Site + "-" + w.ID }

// CheckList reads a list of withdrawn certificates with its signature under it and
// makes sure that it is newer than the one at hand, if there is one.
func CheckList(signed []byte, vendor []sign.PublicKey, have *certificate.Withdrawals) (certificate.Withdrawals, error) {
	statement, armored, ok := strings.Cut(string(signed), armorBegin)
	if !ok {
		return certificate.Withdrawals{}, fmt.Errorf("list of withdrawn certificates: %w: there is none under it", sign.ErrBadSignature)
	}
	return certificate.CheckWithdrawals([]byte(statement), []byte(armorBegin+armored), vendor, have)
}

// Withdrawn is the list of withdrawn certificates at hand, and the file of it with its
// signature; nil where there is none. It is checked each time, under every key the
// vendor has had: one that was taken back since made no other list.
func (r *Register) Withdrawn(vendor []sign.PublicKey) (*certificate.Withdrawals, []byte, error) {
	signed, err := r.read(withdrawnFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	w, err := CheckList(signed, vendor, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", r.path(withdrawnFile), err)
	}
	return &w, signed, nil
}

// Withdraw replaces the list by a newer one that one of the issuers signed; had are the
// keys under which the list at hand is read.
func (r *Register) Withdraw(signed []byte, issuers, had []sign.PublicKey) error {
	release, err := r.hold(withdrawnFile)
	if err != nil {
		return err
	}
	defer release()
	have, _, err := r.Withdrawn(had)
	if err != nil {
		return err
	}
	if _, err := CheckList(signed, issuers, have); err != nil {
		return err
	}
	return r.write(signed, withdrawnFile)
}
