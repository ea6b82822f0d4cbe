package detect

import "strings"

// This file holds the hosts of the world that say nothing of a site.

// publicName tells hosts of the world: listed ones, and those of a maker or a project
// that are called as only its public ones are.
func publicName(name string) bool {
	if publicNames.has(name) || projects.has(name) || groupOfAPI(name) {
		return true
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

// projects are where programs are published and documented. What is below them has the
// name of whoever put it there: nordbank.github.io.
var projects = set("github.com api.github.com raw.githubusercontent.com gitlab.com bitbucket.org sourceforge.net golang.org go.dev gopkg.in k8s.io kubernetes.io openshift.io " +
	"docker.io registry-1.docker.io index.docker.io quay.io gcr.io k8s.gcr.io registry.k8s.io ghcr.io pypi.org files.pythonhosted.org npmjs.org npmjs.com registry.npmjs.org crates.io " +
	"rubygems.org artifacts.elastic.co projectcalico.org cncf.io open-mpi.org")

// groupOfAPI tells the group of an interface of clusters of containers, which is written
// as a domain and is none: snapshot.storage.k8s.io.
func groupOfAPI(name string) bool {
	for _, owner := range []string{".k8s.io", ".kubernetes.io", ".projectcalico.org"} {
		if strings.HasSuffix(name, owner) {
			return true
		}
	}
	first, rest, ok := strings.Cut(name, ".")
	return name == "storage.hpe.com" || ok && rest == "openshift.io" && interfaces.has(first)
}

var interfaces = set("apps authorization build cloudcredential config console image imageregistry ingress machine machineconfiguration monitoring network oauth operator project quota route samples security template tuned user")

// publicNames are names in documents and products that say nothing of a site.
var publicNames = set("www.w3.org w3.org schemas.xmlsoap.org schemas.microsoft.com schemas.openxmlformats.org json-schema.org support.purestorage.com " +
	"docs.oracle.com docs.vmware.com kb.vmware.com docs.netapp.com kb.netapp.com access.redhat.com bugzilla.redhat.com bugs.debian.org bugs.launchpad.net docs.microsoft.com learn.microsoft.com support.microsoft.com go.microsoft.com aka.ms pkg.go.dev docs.docker.com dev.mysql.com dlv.isc.org wiki.debian.org help.ubuntu.com docs.ansible.com docs.cisco.com schemas.dmtf.org redfish.dmtf.org schemas.vmware.com xmlns.jcp.org java.sun.com xmlns.oracle.com www.apache.org maven.apache.org rc.local www.dmtf.org sbl-xbl.spamhaus.org zen.spamhaus.org bl.spamcop.net spamcop.net spamhaus.org letsencrypt.org smartmontools.org driver.version.internal driver.version.data")
