// Command mutate plants faults in the code and reports which of them no test finds.
//
// It has two kinds of faults. The samples of testdata/sample.txt were drawn by seeds from fixed operators, see
// [operators], evenly over the functions of rings 1 to 3, each before the tests for it were written. Named faults are the
// files of testdata/faults: each holds a piece of code, what replaces it, and the tests that must fail then.
//
//	go run ./internal/mutate                          # the samples
//	go run ./internal/mutate -in journal -narrow      # its faults in journal, with the tests of journal alone
//	go run ./internal/mutate -named                   # the named faults
//	go run ./internal/mutate -write -seed 9           # another sample
//
// The tree is never changed: the go command reads the changed file through -overlay. A fault counts as found when a
// test of its package fails, or else one of the wider tests, see [bench.wider]. Faults of the sample that change nothing
// that can be observed are listed, each with the argument, in testdata/equivalent.txt; they do not count.
package main
