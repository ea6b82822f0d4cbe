package detect

import "strings"

// This file holds the hosts of the world that say nothing of a site.

// publicName tells hosts of the world: listed ones, and those of a maker or a project
// that are called as only its public ones are.
func publicName(name string) bool {
	if publicNames.has(name) || projects.has(name) {
		return true
	}
	for i := strings.IndexByte(name, '.'); i >= 0; {
		if projects.has(name[i+1:]) {
			return true
		}
		next := strings.IndexByte(name[i+1:], '.')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	first, owner, _ := strings.Cut(name, ".")
	return fronts.has(strings.TrimRight(first, "0123456789")) && owners.has(owner) || strings.HasSuffix(name, ".pool.ntp.org") ||
		strings.Contains(name, ".csi.") && owners.has(name[strings.Index(name, ".csi.")+len(".csi."):]) || strings.HasPrefix(name, "csi.")
}

// fronts are what makers call the hosts that everyone may ask, owners the domains of
// makers and projects.
var (
	fronts = set("www download downloads update updates docs doc kb xml xmlns schema schemas support help community packages repo mirror ntp time status blog wiki forum lists api")
	owners = set("cisco.com netapp.com hpe.com hp.com dell.com dellemc.com emc.com ibm.com lenovo.com vmware.com broadcom.com microsoft.com windowsupdate.com redhat.com " +
		"fedoraproject.org centos.org ubuntu.com canonical.com debian.org suse.com opensuse.org oracle.com java.com juniper.net arista.com fortinet.com " +
		"paloaltonetworks.com checkpoint.com f5.com sophos.com mcafee.com symantec.com trendmicro.com purestorage.com hitachivantara.com huawei.com synology.com " +
		"qnap.com nutanix.com citrix.com veeam.com veritas.com commvault.com bacula.org bareos.org amanda.org smartmontools.org samba.org openssh.com openssl.org " +
		"kernel.org gnu.org apache.org eclipse.org python.org golang.org nodejs.org postgresql.org mysql.com mariadb.org mongodb.org mongodb.com " +
		"elastic.co grafana.com prometheus.io zabbix.com nagios.org icinga.com kubernetes.io docker.com ceph.io ceph.com gluster.org openzfs.org " +
		"proxmox.com openstack.org libvirt.org qemu.org linbit.com clusterlabs.org puppet.com ansible.com saltproject.io github.com gitlab.com bitbucket.org sourceforge.net " +
		"freedesktop.org isc.org nlnetlabs.nl letsencrypt.org spamhaus.org spamcop.net barracudacentral.org intel.com amd.com nvidia.com broadcom.net marvell.com " +
		"seagate.com westerndigital.com samsung.com micron.com supermicro.com dmtf.org snia.org w3.org ietf.org iana.org ntp.org adiscon.com adiscon.net")
)

// projects are domains in which programs and their parts are published; all hosts in them
// are for everyone.
var projects = set("github.com githubusercontent.com github.io gitlab.com bitbucket.org sourceforge.net golang.org gopkg.in k8s.io kubernetes.io openshift.io " +
	"docker.io quay.io gcr.io ghcr.io readthedocs.io readthedocs.org pypi.org npmjs.org npmjs.com crates.io rubygems.org elastic.co projectcalico.org cncf.io " +
	"hdfgroup.org openmpi.org open-mpi.org storage.hpe.com snapshot.storage.k8s.io")

// publicNames are names in documents and products that say nothing of a site.
var publicNames = set("www.w3.org w3.org schemas.xmlsoap.org schemas.microsoft.com schemas.openxmlformats.org json-schema.org support.purestorage.com " +
	"docs.oracle.com docs.vmware.com kb.vmware.com docs.netapp.com kb.netapp.com access.redhat.com bugzilla.redhat.com bugs.debian.org bugs.launchpad.net docs.microsoft.com learn.microsoft.com support.microsoft.com go.microsoft.com aka.ms pkg.go.dev docs.docker.com dev.mysql.com dlv.isc.org wiki.debian.org help.ubuntu.com docs.ansible.com docs.cisco.com schemas.dmtf.org redfish.dmtf.org schemas.vmware.com xmlns.jcp.org java.sun.com xmlns.oracle.com www.apache.org maven.apache.org rc.local www.dmtf.org sbl-xbl.spamhaus.org zen.spamhaus.org bl.spamcop.net spamcop.net spamhaus.org letsencrypt.org smartmontools.org driver.version.internal driver.version.data")
