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
// say nothing, memory.go what was thought of words before, finding.go what comes out;
// knowledge.go the rules compiled, lexicon.go quick sets of words, inventory.go the values
// of a site, known.go where they stand; stranger.go names that only signs tell, spelled.go
// what their spelling weighs, public.go hosts of the world; verdict.go what a word's
// spelling says, act.go what is done about it.
//
// By form: ipv4.go, colon.go, link.go, dotted.go, mail.go, places.go, wire.go,
// disklinks.go links to disks, ports.go hosts before a port; devices.go what only looks
// like a name, version.go what only looks like an address. By
// key: keys.go, gap.go, values.go, freetext.go, secrets.go, keycomment.go behind public
// keys, state.go over lines, pem.go; frame.go and company.go what a bare name in an object
// is a name of. By context: phrases.go, commands.go, statements.go, options.go, shells.go
// prompts, directory.go, header.go, beside.go; tables.go and columns.go by title and place,
// records.go, firewalls.go, web.go, processes.go by field; switches.go, fabric.go, snmp.go,
// hypervisors.go, members.go and plays.go what each of these sorts of systems says;
// mapper.go volumes below /dev and in lists, exports.go what is exported and mounted,
// machines.go serial numbers in paths and product data; base64.go text in text,
// certificate.go what is said of certificates.
package detect
