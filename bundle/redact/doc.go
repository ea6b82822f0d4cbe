// Package redact is the one gate through which every byte of a bundle passes.
//
// Make a [Gate] with [New] from the site's key, its policy, what the monitor
// knows of the site and the site's word list; then [Gate.Tree] takes a folder in
// and writes a redacted folder out, and [Gate.Text] does the same for a title or
// a line of a form:
//
//	g, err := redact.New(redact.Options{Key: key, Known: known, Words: words})
//	res, err := g.Tree(ctx, "staging", "redacted")
//	err = res.Map.Seal(f, siteRecipient) // stays at the site
//
// # How it works
//
// Two passes. The first reads everything and learns the site's inventory from
// context: keys, syslog headers, prompts, tables, phrases. Then every stand-in is
// minted, in sorted order. The second pass replaces, once and by spans, what
// either its form, its context or the inventory gives away. It does not scan again:
// the first pass keeps where it found what of which kind (2 MiB in memory, the rest
// in a file beside the result; never a value), and only the inventory is looked for
// anew. A file that has changed in between is scanned for itself. Package detect finds,
// package pseudonym invents, package rules holds what is known of the world, package
// stranger tells names from words where no rule does, and package proof, which shares nothing with them, searches the finished tree for
// every original in every spelling. What it finds in a text is hidden there and
// counted under [ProofFound]; an archive in which it finds one is withheld; then all
// is proved again. Under a strict policy, or when that does not help, the whole
// result is refused ([LeakError]).
//
// # Words that no rule knows
//
// Rules know where names stand in the formats they were written for. Elsewhere a word
// goes when it is one that technical texts do not use and enough around it speaks for a
// name, and then wherever it stands; the map leads back from its stand-in as from any
// other. What a policy says of such words is up to the site (unknown: hide, the default;
// doubt, to hide more of them; stay, which loosens the policy and takes two officers). A
// word that is a known name with everyday words beside it keeps those. Names of files
// are left to the rules.
//
// # Promises
//
//   - Fail closed: an error, a cancelled context, a full disk or a panic in a
//     recogniser leaves nothing at the output, and SIGKILL nothing that could be taken
//     for one. There is no way to go on anyway.
//   - What stands in the input is read, and nothing that is put in its place
//     meanwhile: no pipe, no link that leads elsewhere. A file that is gone is listed.
//   - A policy of a site can add to the rules and name words that stay, which the
//     report lists; a bundle with such words takes two officers. It cannot make a name of what is masked as a secret.
//   - Names that the bundle tells in clear anyway, such as those of who made and
//     approved it ([Options].Public), stay, unless the word list has them.
//   - The same value has the same stand-in in every file of every bundle of a
//     site; different values never share one. Secrets are masked for good as
//     masked-secret and are in no map.
//   - The result does not depend on the number of workers, and redacting it again
//     changes nothing. (Where chunks of 256 KiB end has a share in how many words are
//     seen to take turns in one place, and so in what is made of a word no rule knows.)
//   - Lines are kept; JSON, XML and CSV that parsed still parse. Bytes that are
//     no finding are not touched.
//   - What is not text is withheld and listed with its reason, never edited.
//   - The [Report] holds counts by rule and file: no value, no length, no sample.
//   - Memory is bounded per worker by two chunks of 256 KiB (8 MiB for a line without
//     end) and grows only with the number of different values.
//
// # Limits
//
// A name that is an ordinary word of logs (a user called data) is hidden where a
// key, a header or a phrase says it is a name, not wherever the word stands; the
// proof does not look for it. A secret shorter than six characters, or of one
// sort of letters and common, is hidden where its key stands and not elsewhere.
// Lines longer than 16 KiB are read in pieces that end between items.
//
// Files are worked on side by side, and so are the chunks of one file where there are
// workers without a file: the first pass scans a chunk on the guess that the one
// before leaves nothing open, and again where it did. What is inside one archive is
// unpacked in order.
//
// # The numbered hard cases
//
// Outcome: h handled, w withheld, n not handled and why. TestHardCases runs every
// case under its number and holds this table to it.
//
//	 1 keys in all dresses                      h
//	 2 JSON and {name, value} pairs             h
//	 3 value before its name, over lines        h
//	 4 JSON inside JSON, two levels             h
//	 5 secrets that are numbers                 h  become 0, so that JSON still parses
//	 6 YAML blocks, lists, anchors              h
//	 7 PEM in all forms                         h
//	 8 base64, twice, Basic                     h  wrapped at 76: line by line
//	 9 URL passwords with @ : / and %           h
//	10 two URLs on a line                       h
//	11 query tokens                             h
//	12 headers                                  h
//	13 command lines, continued lines           h
//	14 proctitle in hex                         h  masked whole
//	15 colours inside and around values         h
//	16 configs of switches and arrays           h
//	17 shadow, htpasswd, LDAP hashes            h  keytabs are binary and withheld
//	18 XML elements, attributes, CDATA          h
//	19 tokens by form                           h
//	20 a secret wrapped over log lines          h  behind a mark of continuation, an open quote, a backslash; at the bare edge of a screen only the first half
//	21 secrets seen once hidden everywhere      h
//	22 overlapping addresses                    h
//	23 zeros in front, hex, decimal, /proc/net  h  decimal behind a key that says address, as counters look the same
//	24 dashes and underscores for dots          h
//	25 in-addr.arpa, ip6.arpa                   h
//	26 CIDR, masks                              h
//	27 versions                                 h
//	28 IPv6 in all spellings                    h
//	29 EUI-64 agrees with the MAC               h
//	30 stand-ins that could be real             h  reserved ranges
//	31 stand-ins that are no values             h  grammar kept; widths of names change
//	32 MAC spellings                            h  bare ones when known, keyed or of a known maker
//	33 WWN, NAA, EUI-64                         h  bare ones of known makers or behind a key
//	34 IQN, NQN                                 h
//	35 serials, tags, licences, contracts       h  UUIDs of clusters stay
//	36 short names inside other names           h
//	37 FQDN never told                          h
//	38 DN, SPN, realm, NetBIOS                  h
//	39 UNC, profiles, DOMAIN\user, SID          h
//	40 people, phones, subjects                 h
//	41 names cut short                          h  accounts at 8, 7 and a plus; hosts at 16 or inside a known domain
//	42 common words as names                    h  see Limits
//	43 one name in two cases                    h
//	44 certificates                             h  PEM, escaped, base64 or DER become a summary
//	45 names of files and folders               h
//	46 links                                    h  kept when asked and inside the tree, else withheld; hard links are files like any other
//	47 archives in archives, wrong endings      h  gzip, zstd, tar, zip; xz and bzip2 leave as gzip; 7z, lz4 withheld
//	48 owners, comments, names in headers       h  dropped on packing again
//	49 UTF-16, BOM, Latin-1, CR                 h
//	50 lines of many megabytes                  h
//	51 databases, dumps, captures               w  exports of the journal are read; values in them that are no text are withheld
//	52 images, PDF, office files                w  all of them, office files of the zip kind too
//	53 chunk borders                            h
//	54 no line end, NUL, fidelity               h
//	55 FIFO, devices, permissions               w  a file that grows is read to where it ends, one that goes or turns into something else is withheld
//	56 fail-open                                h  nothing is left on any failure
//	57 tokens tokenised again                   h
//	58 unsalted hashes                          h  keyed with 32 bytes
//	59 the report leaks                         h
//	60 own artefacts                            h  errors and reports name redacted paths
//	61 slow or greedy rules of a site           h  RE2, bounded, refused with their place when slow, when they match what must stay, or could break JSON
//	62 bombs                                    h  size and ratio limits of the policy, for each part and for all of a file
//	63 look-alikes in the input                 h  stand-ins authenticate themselves
//	64 order of work                            h
package redact
