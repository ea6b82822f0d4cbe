package detect

import (
	"bytes"

	"darksite/bundle/redact/pseudonym"
)

// This file deals with what a bare name is a name of where no key around its object
// tells: by what the object holds beside it.

// companyReach is how far from a name, on either side, what its object holds is looked at.
const companyReach = 2 << 10

// companyShare bounds what is looked at for a chunk: so many times its size.
const companyShare = 8

// company is what keys beside a name speak for.
type company uint32

const (
	ofVolume company = 1 << iota
	ofHost
	ofFileSystem
	ofArray
	ofGroup
	ofOther    // a thing whose name stays
	ofSize     // a size, as volumes, pools and arrays have
	ofIdentity // a number under which hosts see a volume
	ofReduced  // how far the data was reduced
	ofSerial
	ofMaker // who made it, or its model
	ofSpace // how much of the size is used
	ofPortal
	ofIQN
	ofWWN
	ofID
	ofHosts
	ofVolumes
	ofSystem // what a host runs
	ofPool
	ofMounted // a volume as a container sees it
	ofName    // another name: the next thing in a list
)

// companions are keys, folded and without what joins their words.
var companions = func() map[string]company {
	m := map[string]company{}
	for c, words := range map[company]string{
		ofVolume:     "provisioned thinprovisioning provisionedcapacity volumetype lunid ldevid userfriendlyidentifier isthinlun voltype nativevolumeid volumeid logicalunitnumber luncapacity vdiskuid vvwwn volumewwn parentsnap snapgroup issystemsnap parentvolume sourcevolumeid",
		ofHost:       "hgroup personality persona fcpaths iscsipaths ostype hostos hosttype initiatorchapenabled iogrpcount hosttypeindex hostsideports memorysizemib",
		ofFileSystem: "filesystemtype nasserverid nasservername nativefilesystemid smb filesystemid isreplicationdestination exportpath exportpaths securitystyle junctionpath offlineavailability isabeenabled minsecurity rootsquash",
		ofArray:      "managementaddress servicetag mgmtip chassisserialnumber",
		ofOther: "speed maxspeed connectionstatus logicaltype slot slotid rpm diskid nativediskid physicaltype componenttype controllerid nativecontrollerid nativeportid" +
			" portid emptydir configmap hostpath projected persistentvolumeclaim containers apiversion mountpath severity unit units datatype column columns",
		ofGroup:    "nativemaskingviewid",
		ofSize:     "size capacity totalcapacity sizemib sizetotal sizebytes sizeinbytes logicalsize volumesize usercapacity",
		ofIdentity: "wwn worldwidename naa wwid lunwwn eui nguid uniqueid",
		ofReduced:  "datareduction totalreduction",
		ofSerial:   "serial serialnumber serialno",
		ofMaker:    "vendor manufacturer model firmware firmwareversion",
		ofSpace:    "usedcapacity freecapacity rawcapacity totalcapacitymib",
		ofPortal:   "portal portals",
		ofIQN:      "iqn iqns",
		ofWWN:      "wwn wwns wwpn wwpns",
		ofID:       "id",
		ofHosts:    "hosts",
		ofVolumes:  "volumes",
		ofSystem:   "ipaddress ip operatingsystem os osname",
		ofPool:     "nativestoragepoolid poolid poolname storagepool pool storagepoolid",
		ofName:     "name",
		ofMounted: "emptydir configmap hostpath projected persistentvolumeclaim downwardapi mountpath secret ephemeral csi nfs iscsi fc gitrepo" +
			" awselasticblockstore gcepersistentdisk azuredisk azurefile vspherevolume flexvolume portworxvolume photonpersistentdisk storageos scaleio cinder rbd cephfs glusterfs flocker quobyte",
	} {
		for w := range bytes.FieldsSeq([]byte(words)) {
			m[string(w)] |= c
		}
	}
	return m
}()

// kind says what an object is that holds so.
func (c company) kind() pseudonym.Kind {
	has := func(all company) bool { return c&all == all }
	switch {
	case c&ofOther != 0 && c&(ofHost|ofFileSystem) == 0:
		return pseudonym.None
	case has(ofHost), has(ofIQN|ofWWN) && !has(ofPortal):
		return pseudonym.Host
	case has(ofFileSystem):
		return pseudonym.FileSystem
	case has(ofArray), has(ofMaker | ofSerial | ofSpace | ofSize):
		return pseudonym.Array
	case c&ofMaker != 0:
		return pseudonym.None
	case has(ofVolume), has(ofSize | ofSerial), has(ofSize | ofReduced), has(ofSize | ofIdentity), has(ofPool | ofIdentity):
		return pseudonym.Volume
	case has(ofGroup), has(ofHosts), has(ofVolumes) && c&ofID == 0:
		return pseudonym.Group
	}
	return pseudonym.None
}

// companyOf is what stands beside a name. Its key is at lo, its value ends at end, and
// column is that of the keys of a block told by indentation, or 0.
func (s *Scanner) companyOf(lo, end, column int) company {
	switch {
	case s.looked > companyShare*len(s.buf):
		return 0
	case column > 0:
		return s.blockBefore(lo, column, true) | s.blockBehind(end, column, true)
	}
	return s.companyBefore(lo) | s.companyBehind(end)
}

// companyBehind reads the keys from the end of a name's value to that of its object.
func (s *Scanner) companyBehind(end int) (c company) {
	b := s.buf[:min(len(s.buf), end+companyReach)]
	depth, i := 0, min(end+1, len(b))
	defer func() { s.looked += i - end }()
	for i < len(b) {
		switch q := b[i]; q {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return c
			}
		case '\n':
			if i+1 < len(b) && !jsonLine(b[i+1:]) {
				return c
			}
		case '"', '\'':
			from := i + 1
			for i = from; i < len(b) && b[i] != q && b[i] != '\n'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 && i+1 < len(b) && b[i] == q && b[i+1] == ':' {
				c |= companions[string(plainKey(b[from:i]))]
			}
		}
		i++
	}
	return c
}

// companyBefore reads the keys from the beginning of an object to the key of a name.
func (s *Scanner) companyBefore(lo int) (c company) {
	low := max(0, lo-companyReach)
	b := s.buf
	depth, i := 0, lo-2 // before the quote of the key
	defer func() { s.looked += lo - i }()
	for i >= low {
		switch q := b[i]; q {
		case '}', ']':
			depth++
		case '{', '[':
			if depth--; depth < 0 {
				return c
			}
		case '\n':
			if !jsonLine(b[i+1 : lo]) {
				return c
			}
		case '"', '\'':
			end := i
			for i--; i >= low && b[i] != '\n' && (b[i] != q || i > low && b[i-1] == '\\'); i-- {
			}
			if depth == 0 && i >= low && b[i] == q && b[end+1] == ':' {
				c |= companions[string(plainKey(b[i+1:end]))]
			}
			if i >= low && b[i] == '\n' {
				return c
			}
		}
		i--
	}
	return c
}

// blockBehind reads the keys at a column on the lines below a name, across empty lines
// or up to one.
func (s *Scanner) blockBehind(end, column int, across bool) (c company) {
	b := s.buf[:min(len(s.buf), end+companyReach)]
	i := end
	defer func() { s.looked += i - end }()
	for {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return c
		}
		i += n + 1
		switch at, listed := contentColumn(b[i:]); {
		case at < column || listed && at == column || at == emptyLine && !across:
			return c
		case at == column:
			if c |= companionOf(b[i+at:]); c&ofName != 0 {
				return c
			}
		}
	}
}

// blockBefore reads the keys at a column on the lines above a name.
func (s *Scanner) blockBefore(lo, column int, across bool) (c company) {
	b, low := s.buf, max(0, lo-companyReach)
	i := s.lo
	defer func() { s.looked += lo - i }()
	if _, listed := contentColumn(b[i:]); listed {
		return 0
	}
	for i > low {
		n := bytes.LastIndexByte(b[low:i-1], '\n')
		if n < 0 && low > 0 {
			return c
		}
		i = low + n + 1
		at, listed := contentColumn(b[i:])
		if at == column {
			c |= companionOf(b[i+at:])
		}
		if at < column || listed && at == column || at == emptyLine && !across || c&ofName != 0 {
			return c
		}
	}
	return c
}

// emptyLine is the column of what is no content.
const emptyLine = maxBrackets

// contentColumn is where what a line holds begins, and whether a list dash stands before
// it.
func contentColumn(b []byte) (at int, listed bool) {
	for at < len(b) && (isSpace(b[at]) || b[at] == '-' && at+1 < len(b) && isSpace(b[at+1])) {
		listed = listed || b[at] == '-'
		at++
	}
	if at == len(b) || b[at] == '\n' || b[at] == '\r' {
		return emptyLine, false
	}
	return at, listed
}

// companionOf is what the key that begins a line speaks for. It ends at a colon, an
// equals sign, two spaces, or the one space of a line of two words; brackets and the
// number of a heading are no part of it.
func companionOf(b []byte) company {
	var space [longestPlain + 1]byte
	key := space[:0]
	spaces, first, number := 0, 0, false
scan:
	for i, c := range b {
		switch {
		case c == '\n' || c == '\r':
			break scan
		case c == ':' || c == '=' || c == '\t' || c == '(' || c == ' ' && i+1 < len(b) && b[i+1] == ' ':
			return companions[string(key)]
		case c == ' ':
			if spaces++; spaces == 1 {
				first = len(key)
			}
			number = i+1 < len(b) && isDigit(b[i+1])
		case class[c]&(fLetter|fDigit) == 0 && spaces == 0 && c != '-' && c != '_' && c != '.':
			return 0
		case class[c]&(fLetter|fDigit) != 0 && !number && len(key) < cap(key):
			key = append(key, lower(c))
		}
	}
	switch {
	case spaces == 1:
		return companions[string(key[:first])]
	case number:
		return companions[string(key)] // LOGICAL UNIT NUMBER 7
	}
	return 0
}

// nameInText deals with a name in a block of lines, each of a key and its value, as
// commands write what they know of one thing. It reports whether there was one.
func (s *Scanner) nameInText(g gap, lo, hi int) bool {
	b := s.buf
	at := keyColumn(b[s.lo:lo])
	end := s.hi
	for end > g.value && isSpace(b[end-1]) {
		end--
	}
	w := b[g.value:end]
	if at < 0 || len(w) < 3 || bytes.IndexByte(w, ' ') >= 0 || g.sep == ' ' && g.value == hi+1 && at > 0 || s.top() != nil || s.looked > companyShare*len(b) || s.k.Common(s.fold(w)) {
		return false
	}
	c := (s.blockBefore(lo, at, false) | s.blockBehind(end, at, false)) &^ (ofHosts | ofVolumes)
	kind := c.kind()
	if kind == pseudonym.None && c&(ofSize|ofPool) == ofSize|ofPool && c&(ofOther|ofMaker|ofMounted) == 0 {
		kind = pseudonym.Volume
	}
	if kind == pseudonym.None {
		return false
	}
	s.parentName(g, end, kind)
	return true
}

// jsonLine reports whether a line begins as one within an object of JSON does.
func jsonLine(b []byte) bool {
	n := leading(b[:min(len(b), 64)])
	return n == len(b) || b[n] == '\n' || b[n] == '\r' || n < 64 && goesOnJSON(b[n:n+1], 1)
}

// nameInObject deals with a key that is a name and nothing else, or ends so, or a label.
// It reports whether its surroundings told what it is a name of.
func (s *Scanner) nameInObject(g gap, lo, hi, end int) bool {
	b := s.buf
	f, framed := s.enclosing(lo)
	if f != nil && (f.kind != pseudonym.None || f.stays) {
		if f.kind == pseudonym.None || g.quote == 0 && !f.block {
			return true
		}
		if (f.many || f.block) && s.k.Common(s.fold(b[g.value:end])) {
			return true
		}
		if f.kind == pseudonym.Volume && s.companyOf(lo, end, int(f.item))&ofMounted != 0 {
			return true
		}
		s.parentName(g, end, f.kind)
		if !f.many && !f.block && hi-lo == len("name") {
			f.kind = pseudonym.None
		}
		return true
	}
	if g.sep == '>' && s.elementName(g, lo, hi, end) {
		return true
	}
	if g.quote == 0 || !g.keyed || hi-lo != len("name") && hi-lo != len("label") {
		return framed
	}
	if kind := typeBefore(b[max(s.lo, lo-typeReach):lo]); kind != pseudonym.None {
		s.parentName(g, end, kind)
	} else if w := b[g.value:end]; len(w) > 2 && bytes.IndexByte(w, ' ') < 0 && !s.k.Common(s.fold(w)) {
		if kind := s.companyOf(lo, end, 0).kind(); kind != pseudonym.None {
			s.parentName(g, end, kind)
		}
	}
	if !framed && s.hint != pseudonym.None && hi-lo == len("name") {
		s.parentName(g, end, s.hint)
	}
	return framed
}

// elementName deals with the name that begins an element of XML on the element's own
// line: <volume><name>x.
func (s *Scanner) elementName(g gap, lo, hi, end int) bool {
	b := s.buf
	if lo < s.lo+4 || string(b[lo-2:lo]) != "><" || hi-lo != len("name") {
		return false
	}
	from := lo - 2
	for from > s.lo && class[b[from-1]]&fWord != 0 {
		from--
	}
	if from == s.lo || b[from-1] != '<' {
		return false
	}
	kind, ok := openedBy(b[from : lo-2])
	if !ok {
		kind = s.k.kind(s.keyRule(b[from : lo-2]))
	}
	if kind != pseudonym.None {
		s.parentName(g, end, kind)
	}
	return ok || kind != pseudonym.None
}
