package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with what is exported and mounted: hosts before the paths of their
// exports, names of file systems in them, shares of Windows.

// exportSource reads the host of "filer1:/vol/x on /mnt type nfs" and of fstab
// and df; the word before the colon is at [lo, hi).
func (s *Scanner) exportSource(lo, hi int) {
	b := s.buf
	w := b[lo:hi]
	if len(w) < 2 || lo > s.lo && !isSpace(b[lo-1]) {
		return
	}
	_, quad := parseQuad(w, '.')
	name := s.fold(w)
	if quad != len(w) && (class[w[0]]&fLetter == 0 || s.k.Common(name) || bytes.IndexByte(w, '@') >= 0 || stateWord.has(name)) {
		return
	}
	line := b[s.lo:s.hi]
	mounted := bytes.Contains(line, []byte(" nfs")) || bytes.Contains(line, []byte("mount")) || bytes.Contains(line[hi-s.lo:], []byte("% /"))
	if p := s.prev[0]; (p.hi == lo-2 || p.hi == lo-1) && p.hi-p.lo > 4 && foldEqual(b[p.lo:p.lo+5], "brick") && quad != len(w) {
		if !s.owns(pseudonym.Name, name) { // of a volume over many machines, whatever they are called
			s.out = append(s.out, Finding{Start: lo, End: hi, Kind: pseudonym.Host, Value: name, Rule: "host", Learn: !s.k.Common(name)})
		}
		return
	}
	if quad != len(w) && (mounted || lo == s.lo || bytes.Contains(line, []byte("scp ")) || bytes.Contains(line, []byte("rsync "))) {
		s.hostName(lo-s.lo, hi-s.lo, name)
	}
	if mounted {
		s.exportPath(hi + 1)
	}
}

// exportPath emits the parts of the path of an export that are names of file systems
// rather than words of every path.
func (s *Scanner) exportPath(at int) {
	b := s.buf
	for at < s.hi && b[at] == '/' {
		end := nameEnd(b, at+1, s.hi)
		name := s.fold(b[at+1 : end])
		if end-at > 3 && !s.staysName(name) && !s.k.Common(strings.TrimRight(name, "0123456789")) && !looksLikeValue(b[at+1:end]) && !exportFolders.has(strings.TrimPrefix(name, ".")) {
			s.parts(at+1, end, pseudonym.FileSystem, "filesystem", name)
		}
		at = end
	}
	if at+2 < s.hi && b[at] == ' ' && b[at+1] == '(' && b[at+2] == '/' && s.lineHas(at, "mount request") {
		s.exportPath(at + 2)
	}
}

// windowsShare reads //server/share at the beginning of a line of mount or df.
func (s *Scanner) windowsShare(b []byte) {
	end := nameEnd(b, 2, len(b))
	if end < 4 || end+1 >= len(b) || b[end] != '/' || isSpace(b[end+1]) || !nameShape(b[2:end]) && !bytes.Contains(b, []byte("cifs")) && !bytes.Contains(b, []byte("% /")) {
		return
	}
	if class[b[2]]&fLetter != 0 && !bytes.ContainsAny(b[2:end], "_@") {
		s.hostName(2, end, s.fold(b[2:end]))
	}
	share := nameEnd(b, end+1, len(b))
	if share < len(b) && b[share] == '$' {
		share++
	}
	if name := s.fold(b[end+1 : share]); share-end > 3 && !adminShares.has(strings.TrimSuffix(name, "$")) && !s.staysName(name) {
		s.parts(s.lo+end+1, s.lo+share, pseudonym.FileSystem, "filesystem", name)
	}
}

// exportFolders are parts of paths of exports on many systems.
var exportFolders = set("nfs nfs4 vol vols srv mnt ifs var opt tmp home homes exports exported share shares pub public isos images nfsdata nfsshare volume1 volume2 brick bricks brick1 brick2 brick3 datastore datastores kubernetes k8s pvs qtree snapshot")
