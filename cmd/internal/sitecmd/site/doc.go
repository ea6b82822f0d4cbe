// Package site is the folder of a site as every command finds it: the names of its
// files, its configuration, its people with their keys, and its records.
//
// # Start
//
// A [Site] is made once a process, by the root of the commands, and handed to each
// of them. What a command works with comes from it:
//
//	conf, err := s.Config()              // site.yaml, with what to do when it is not there
//	r, err := s.Roster()                 // the people in force, every signature checked
//	v, err := s.Vendor()                 // the vendor's card
//	key, err := s.Signer(id, "", "")     // the key of a person, from a file or an agent
//	log, err := s.OpenJournal()          // the journal of decisions; Record writes one entry
//	file, cases, err := s.OpenCases()    // the cases, and what is kept beside them
//
// # Promises
//
// What cannot be read or is not signed as it must be is an error with the next
// command, and never an empty value. A roster that was founded changes by signatures
// alone. Records are on disk when a call has returned.
//
// Where the folder is that of a lab ([Practice]), nothing of a real site can be used:
// a site file that names a real address, or a key outside of the folder, is refused.
//
// # Limits
//
// Nothing here knows what is watched, and no command is here. What one journey alone
// needs belongs to its package.
package site
