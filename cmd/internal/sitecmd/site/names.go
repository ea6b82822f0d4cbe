package site

// Names below the site folder.
const (
	KeysDir       = "keys"
	RecordKey     = "record.key"    // opens what left, for the officers' safe
	PseudonymKey  = "pseudonym.key" // keeps pseudonyms the same across bundles
	JournalKeyID  = "journal"
	RosterFile    = "roster.txt"
	VendorFile    = "vendor.txt"
	PolicyDir     = "policy"
	WordsFile     = "words.txt"
	HistoryFile   = "history.db"
	SiteDBFile    = "site.db"
	JournalDir    = "journal"
	BundlesDir    = "bundles"
	RunsDir       = "runs"
	MapsDir       = "maps"
	SpoolDir      = "spool"
	RunDir        = "run"
	MonitorSocket = "monitor.sock"
)

// CasesFile holds the cases, the bundle counters and what is known of replies.
// It is a file of its own, so that it can be written while the monitor holds
// the others.
const CasesFile = "cases.db"

// MachineDir is where the made-up machine of a lab lies, as it would below /.
const MachineDir = "machine"
