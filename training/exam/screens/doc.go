// Package screens makes the screens that items of an examination show: pictures in the
// form in which the kit, the desk and the stock programs print them, with names and
// numbers that a seed decides, and the one answer that a careful reader takes from them.
//
// [Screens] is an [exam.Screener]. The same name and seed give the same picture for good:
// chance is a hash, nothing is read from a clock or a machine, and the pictures are drawn
// here rather than by the commands, so that a record of years ago is marked as it was on
// its day. A test beside the commands holds the headings here to those of the product.
//
// A new screen is a function in one of the files by subject and a line in the table of
// [Names]. Changing one that was used in an examination changes what its records are
// worth: add another one instead, and a new version of the bank.
//
// The package is pure. It does not use the simulator, because the desk marks records too
// and must not link what imitates arrays.
package screens
