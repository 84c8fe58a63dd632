// Command mutate plants faults in the code and reports which of them no test finds.
//
// It has two kinds of faults. Drawn faults come from fixed operators, see [operators], at places that a seed
// draws evenly over the functions of rings 1 to 3. Named faults are the files of testdata/faults: each holds a
// piece of code, what replaces it, and the packages whose tests must fail then.
//
//	go run ./internal/mutate                        # 150 drawn faults with seed 1
//	go run ./internal/mutate -seed 7 -count 20 -in journal
//	go run ./internal/mutate -named                 # the named faults
//
// The tree is never changed: the go command reads the changed file through -overlay. A fault that does not
// compile is drawn again. A fault counts as found when a test of its package fails, or else one of the wider
// tests, see [wider]. Drawn faults that change nothing that can be observed are listed, each with the argument,
// in testdata/equivalent.txt; they do not count.
package main
