package detect

import (
	"bytes"
	"strings"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with volumes as the device mapper, ZFS and clusters of containers show
// them: below /dev, as rows of lsblk, behind their sort.

// mapperPath reads /dev/mapper/GROUP-VOLUME; the word mapper is at [lo, hi).
func (s *Scanner) mapperPath(lo, hi int) {
	if lo > s.lo && s.buf[lo-1] == '/' && hi < s.hi && s.buf[hi] == '/' {
		s.mapperName(hi+1, nameEnd(s.buf, hi+1, s.hi))
	}
}

// mapperRow reads a row of lsblk: ├─vg_home-lv_data 253:2 0 4G 0 lvm /home. The sort of
// the device is at lo.
func (s *Scanner) mapperRow(lo int) {
	b := s.buf
	from := s.lo
	for from < lo && class[b[from]]&(fLetter|fDigit|fUnder) == 0 {
		from++ // the branches of the tree
	}
	end := nameEnd(b, from, lo)
	at := end
	for at < lo && b[at] == ' ' {
		at++
	}
	if i := bytes.IndexByte(b[at:lo], ':'); at > end && i > 0 && i < 4 && isDigit(b[at]) && isDigit(b[at+i+1]) {
		s.mapperName(from, end)
	}
}

// groupBefore emits the volume group of a row of pvs: "/dev/sdc  vg_lyon lvm2 a--".
func (s *Scanner) groupBefore(lo int) {
	p := s.prev[0]
	if head := bytes.TrimLeft(s.buf[s.lo:lo], " "); bytes.HasPrefix(head, []byte("/dev/")) && p.hi > p.lo && p.hi < lo && len(bytes.TrimSpace(s.buf[p.hi:lo])) == 0 && s.buf[p.lo-1] == ' ' {
		s.mapperPart(p.lo, p.hi, pseudonym.Group)
	}
}

// mapperName emits the volume group and the volume of GROUP-VOLUME, in which a dash of
// either is written twice.
func (s *Scanner) mapperName(lo, hi int) {
	w := s.buf[lo:max(lo, hi)]
	if len(w) < 3 || s.holdsOwn(w) || mapperOwn(w) {
		return
	}
	for i := 1; i+1 < len(w); i++ {
		if w[i] == '-' && w[i-1] != '-' && w[i+1] != '-' {
			s.mapperPart(lo, lo+i, pseudonym.Group)
			s.mapperPart(lo+i+1, hi, pseudonym.Volume)
			return
		}
	}
	s.mapperPart(lo, hi, pseudonym.Volume) // of no group
}

// partsOfVolume end the names of what volumes that are mirrors or thin are made of.
var partsOfVolume = []string{"_rmeta_", "_rimage_", "_mimage_", "_mlog", "_tmeta", "_tdata", "_cmeta", "_cdata", "-real", "-cow", "-tpool"}

func (s *Scanner) mapperPart(lo, hi int, kind pseudonym.Kind) {
	if kind == pseudonym.Volume {
		for _, p := range partsOfVolume {
			if i := bytes.Index(s.buf[lo:hi], []byte(p)); i > 1 {
				hi = lo + i
				break
			}
		}
	}
	name := strings.ReplaceAll(s.fold(s.buf[lo:hi]), "--", "-")
	if len(name) < 3 || looksLikeValue(s.buf[lo:hi]) || !hasLetter(s.buf[lo:hi]) || holdsUUID(name) || numberedParts(name, systemVolumes) || systemVolumes.has(name) || s.staysName(name) || s.k.Common(name) || s.wordy(name) {
		return
	}
	id := "volume"
	if kind == pseudonym.Group {
		id = "pool"
	}
	s.parts(lo, hi, kind, id, name)
}

// systemVolumes are what systems call groups and volumes that they number.
var systemVolumes = set("vg lvol lv lvm pve ceph rootvg hd fslv crypt swap root home var usr opt osd rhel centos fedora ubuntu ubuntu-vg vgubuntu debian ol rl almalinux openeuler sles klas data system")

// holdsUUID tells names that a program made of an identity: ceph-48858aa1-71a3-4f0e-....
func holdsUUID(name string) bool {
	for i := 0; i+36 <= len(name); i++ {
		if (i == 0 || name[i-1] == '-' || name[i-1] == '_') && isUUID([]byte(name[i:i+36])) {
			return true
		}
	}
	return false
}

// mapperOwn tells the names that systems give to mapped devices themselves.
func mapperOwn(w []byte) bool {
	name := strings.ToLower(string(w))
	for _, p := range []string{"mpath", "luks-", "control", "dm_crypt", "cryptroot", "cryptswap", "vgubuntu", "ubuntu--vg"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return isFormOfOther(w) || isUUID(w) || hexOnly(w)
}

// devicePath reads the group and the volume of /dev/GROUP/VOLUME; the word dev is at
// [lo, hi).
func (s *Scanner) devicePath(lo, hi int) {
	b := s.buf
	if lo == s.lo || b[lo-1] != '/' || lo-1 > s.lo && isAlnum(b[lo-2]) || hi+4 >= s.hi || b[hi] != '/' {
		return
	}
	end := nameEnd(b, hi+1, s.hi)
	if end+1 >= s.hi || b[end] != '/' || end-hi < 4 {
		return
	}
	folder := s.fold(b[hi+1 : end])
	if folder == "zvol" {
		s.dataset(end + 1)
		return
	}
	if deviceFolders.has(folder) || s.k.Common(folder) || s.staysName(folder) || slotName(folder) {
		return
	}
	volume := nameEnd(b, end+1, s.hi)
	if volume <= end+1 || b[end+1] == '.' {
		return
	}
	s.mapperPart(hi+1, end, pseudonym.Group)
	s.mapperPart(end+1, volume, pseudonym.Volume)
}

// deviceFolders are folders below /dev on systems of all makers.
var deviceFolders = set("virtio-ports mapper disk md dm input block char fd shm pts snd dri bus loop cciss rdsk dsk rmt net serial vfio " +
	"hugepages nvidia-caps infiniband cpu mqueue usb v4l did global ida rd etherd xvd raw tape changer cdrom ipmi oracleasm asm vhost vx " +
	"rdisk cluster cgroup by-id by-path by-uuid char ptmx mem rdr drbd rbd nbd bcache nvme watchdog hpilo vmware kfd cfg fuse")

// claim emits the volume, or the claim to one, behind its sort: persistentvolumeclaim/x,
// kubectl get pvc x. The sort is at [lo, hi).
func (s *Scanner) claim(lo, hi int) {
	b, at := s.buf, hi+1
	if at >= s.hi || b[hi] != '/' && (b[hi] != ' ' || !s.anyOf(b[max(s.lo, lo-lookBack):lo], claimStatements)) || lo > s.lo && b[lo-1] == '/' {
		return
	}
	if end := nameEnd(b, at, s.hi); end > at && b[at] != '-' {
		s.mapperPart(at, end, pseudonym.Volume)
	}
}

var claimStatements = []string{"kubectl ", "oc get ", "oc describe ", "oc delete "}

// dataset emits the parts of the name of a dataset: tank/home/lyon@monday.
func (s *Scanner) dataset(at int) {
	for at < s.hi {
		end := nameEnd(s.buf, at, s.hi)
		if end <= at {
			return
		}
		s.mapperPart(at, end, pseudonym.FileSystem)
		if end >= s.hi || s.buf[end] != '/' && s.buf[end] != '@' {
			return
		}
		at = end + 1
	}
}
