// Package stranger tells the names that a site gave from the words that everyone
// writes.
//
// Formats are many, and rules that know where a name stands in one say nothing of the
// next. A name has two marks that need no format. It is a stranger: texts all over the
// world do not use the word. And it stands where names stand: behind "node", in quotes,
// at the beginning of a row, where other strangers stand in other lines. Neither proves
// it, so each sign has a weight, and a word whose signs weigh enough is taken for a name.
//
// [Load] reads what this build knows, once. A [Judge] then weighs a word by itself
// ([Judge.Spelling], which can be remembered for each word, and after which [Judge.Worth]
// spares most words the rest), by what stands around it ([Judge.Around]), by the other
// words of its line ([Judge.Beside], where [Judge.WorthLine] says so) and by how many others
// take turns with it in its place ([Judge.Turns]); [Judge.Enough] compares the sum with what
// a [Level] asks for. There is no text here and no state: the same word in the same line
// always weighs the same.
//
// words.txt holds words and compounds of logs, manuals, outputs of commands and
// programs, sorted, each with a space and how widely it is used:
//
//	1  in 5 to 11 of 301 independent collections of such texts
//	2  in 12 to 29
//	3  in 30 to 79
//	4  in more, and the words of the kit itself
//
// Runs of digits stand as one #, since the number of an interface says nothing of its
// kind. Left out are words of fewer collections, and parts of the names of people, as
// a list that knew them would vouch for accounts.
//
// evidence.txt holds the signs: a tag, a text (␣ for a space) and a weight in
// hundredths of a natural logarithm of odds. Most are three letters in a row, of the word
// itself or of one beside it that the world uses: names are put together from short pieces
// that no list of words has. The weights were fitted by logistic regression to 2,107 texts
// in which every name was marked by reading (a third of them hold none), and, at a tenth of
// their weight, to 3,870 marked by the rules of package detect; the test that fits them is
// weights_test.go of package redact. A sign counts when at least ten sources have it. The
// usual level is where 1.4 % of the other words that may be names were taken in texts the
// weights were not fitted to, and 62 % of the names; for the eager one it is 7 and 84 %.
//
// Limits: the list is of English technical texts, so words of other languages are
// strangers, and only their surroundings speak for them. Names made of everyday words
// (storage-server) are no strangers. Words with bytes above ASCII are left to the rules.
package stranger
