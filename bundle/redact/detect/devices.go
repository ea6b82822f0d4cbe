package detect

import "strings"

// This file tells what systems and arrays call their parts by themselves.

// isDevice tells what systems call their devices. A host may be called so as well, which
// is for the rules to say.
func isDevice(name string) bool {
	joined := strings.ReplaceAll(name, "-", "")
	if disk, part, ok := strings.Cut(name, "-part"); ok {
		return diskName(disk) && allDigits(part)
	}
	if major, minor, ok := strings.Cut(name, "-"); ok && allDigits(minor) && strings.HasPrefix(major, "dev") && allDigits(major[len("dev"):]) {
		return true // dev8-16, by its numbers
	}
	return diskName(name) || numberedParts(joined, slotWords) || numberedParts(joined, deviceWords)
}

var deviceWords = set("lan vmnet lvol fslv lxdbr vcs vcsa virbr macvlan ipvlan dummy sit gre usb ppp ada da nvd mfid st nst tg tpg mgmt ens igb " +
	"ix ixl bge bce fxp qfe nge bnx aggr ldavg vthread vcpu isa isadma rport bio lxcbr vnic efidisk tpmstate sata ide net hostnet charserial virtio rng objrng " +
	// drivers of the BSDs and of Solaris
	"acpi acpicpu acpibtn acpibat acpiac acpitz acpiprt acpiec ahci ahcich ahciem atapci atascsi atapiscsi cdce ciss mpi mpii mfi mfii siop trm ami aac twe twa " +
	"arcmsr isp mpt mps mpr aacraid pms psm atkbd atkbdc kbdmux vga vgapci sc attimer atrtc hpet ioapic fdc ppc lpt ppbus uart sio pcib isab orm uhub " +
	"ugen uhid ukbd ums umass uaudio ucom uftdi uplcom usbus ehci ohci uhci xhci re rl xl dc sis ste vr sk msk nfe ale alc age jme gem hme le ath iwn ral " +
	"e1000g wpi agp drm drmn radeondrm inteldrm vmt vmx vio vioblk viomb vioscsi vtblk vtnet xbd xenbus pvbus scsibus wsdisplay wskbd wsmouse wsmux pckbc pckbd " +
	"iic spdmem piixpm piixide pciide ichiic pchb ppb auich azalia audio com spkr npx softraid vscsi raidframe ld cgd ccd vnd cd wd pcn qlc emlxs ssd sf fp " +
	// vdevs of ZFS
	"raidz mirror replacing spare")

// slotName tells the names of parts of an array: CT0, CT0.ETH4, CH0.BAY7,
// SH1.TMP3, CH1.FB10.
func slotName(name string) bool { return numberedParts(name, slotWords) }

// numberedParts tells names whose parts are each a word of a set and a number.
func numberedParts(name string, words *lexicon) bool {
	n := -1
	for part := range strings.SplitSeq(name, ".") {
		n++
		i := 0
		for i < len(part) && class[part[i]]&fLetter != 0 {
			i++
		}
		if i == 0 && n > 0 && part != "" && allDigits(part) {
			continue // eth0.151, of a VLAN
		}
		if i == 0 || i == len(part) || !allDigits(part[i:]) || !words.has(strings.ToLower(part[:i])) {
			return false
		}
	}
	return true
}

var slotWords = set("dsk xgei gei lag lte ct ch sh bay nvb fan tmp eth fc ib sas pwr fb fm xfm iom dimm slot drv bm nvram psu ps cpu disk port vlan bond lo vif man gps snp vmbr gige " +
	"bcache rbd nbd mmcblk zram drbd zd xvd dasd fd cciss " +
	"scsi ata tty pts sd nvme dm md loop vd hd sr em en ent eno ens enp wlan br veth docker tun tap team ge xe gi te po fa et lun vmhba vmnic vmk node_id " +
	"ctl hdisk hdiskpower fcs fscsi vscsi rmt venet vnet vty")

// virtualLink tells the names that hypervisors and containers give to links by
// themselves: veth0d284c32, tap0d284c32-ab.
func virtualLink(name string) bool {
	for _, p := range []string{"veth", "tap", "qvo", "qvb", "qbr", "cali", "br-"} {
		if rest, ok := strings.CutPrefix(name, p); ok && len(rest) >= 7 && hexOnly([]byte(strings.Replace(rest, "-", "", 1))) {
			return true
		}
	}
	return false
}

// diskName tells disks of a system: sda, vda14, nvme0n1p2.
func diskName(name string) bool {
	if rest, ok := strings.CutPrefix(name, "nvme"); ok {
		return len(rest) > 2 && isDigit(rest[0]) && strings.Trim(rest, "0123456789cnp") == ""
	}
	if rest, ok := strings.CutPrefix(name, "ng"); ok {
		return len(rest) > 2 && isDigit(rest[0]) && rest[1] == 'n' && allDigits(rest[2:]) // the same, as the kernel hands commands through
	}
	if onController(name) {
		return true
	}
	for _, p := range []string{"zd", "nbd", "mmcblk"} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			return len(rest) > 0 && isDigit(rest[0]) && strings.Trim(rest, "0123456789p") == ""
		}
	}
	if rest, ok := strings.CutPrefix(name, "disk"); ok {
		return strings.IndexByte(rest, 's') > 0 && strings.Trim(rest, "0123456789s") == "" // disk1s5, a part of one
	}
	for _, p := range []string{"sd", "vd", "xvd", "hd", "dasd"} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			letters := strings.TrimRight(rest, "0123456789")
			return len(letters) > 0 && len(letters) < 3 && lettersOnly("x"+letters)
		}
	}
	return false
}

// onController tells disks by controller, target, disk and slice, as Solaris has them:
// c1t2d0s6.
func onController(name string) bool {
	for i, of := range []byte("ctds") {
		if name == "" && i > 2 {
			return true
		}
		if len(name) < 2 || name[0] != of || !isDigit(name[1]) {
			return false
		}
		name = strings.TrimLeft(name[1:], "0123456789")
	}
	return name == ""
}
