// Package detect finds in text what must not leave a site.
//
// A [Scanner] cuts a chunk of text into words with a table of byte classes,
// remembers what it thinks of each word, and hands the few that matter to
// hand-written recognisers. There is no regular expression on this path. What
// the world's formats have in common is known to the code (addresses, names of
// storage ends, key-separator-value in all its dresses, headers, prompts,
// tables); what has names (keys, nouns, token formats) comes as data from package
// rules, compiled once into a [Knowledge].
//
// A text is scanned once. A [Finding] with Learn set was told by its surroundings (a
// key, a header, a prompt) and is worth looking for where it stands bare; the gate
// collects these into an [Inventory]. What a text came to is then completed by
// [Scanner.Known]: the findings of the scan, of the tentative ones those that the
// inventory confirms (an address that could be a version, encoded text that holds a
// known name), and every item of the inventory at a run of letters and digits. The
// result is by definition the same as that of a second scan.
//
// Chunks end at line ends. What a chunk must know of the one before it is a
// [State], a small comparable value: a chunk can be scanned on the guess that the
// state is the same as before and scanned again when the guess was wrong, so the
// result does not depend on how many scan at once.
//
// Files: class.go bytes, cut.go words by bits, scanner.go the loop, quiet.go words that
// say nothing, stranger.go names that only signs tell, spelled.go what their spelling
// weighs, public.go hosts of the world, known.go the inventory's part, lexicon.go quick
// sets of words, verdict.go what a word's spelling says, act.go what is done about it;
// ipv4.go, colon.go, link.go, dotted.go, places.go, wire.go recognisers by form,
// version.go what only looks like an address; keys.go, gap.go, values.go, secrets.go,
// state.go, pem.go keys and what they are followed by; frame.go and company.go what a
// bare name in an object is a name of; phrases.go, commands.go, statements.go,
// options.go, directory.go, header.go, tables.go by context; columns.go tables by place;
// switches.go, fabric.go and snmp.go what switches and their agents say; beside.go names
// by what stands beside them; records.go, firewalls.go, web.go fields of records by
// place; members.go and plays.go what clusters and runs over many machines say,
// mapper.go volumes below /dev and in lists, disklinks.go links to disks, machines.go
// serial numbers in paths and product data; base64.go text in text; certificate.go what
// is said of certificates; inventory.go the values of a site.
package detect
