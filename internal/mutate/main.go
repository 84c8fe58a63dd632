package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// options are the flags.
type options struct {
	seed    uint64
	count   int
	in      string
	named   bool
	one     string
	narrow  bool
	write   bool
	shard   int
	shards  int
	least   float64
	timeout string
}

// wants reports whether faults of a package folder are to be tried.
func (o *options) wants(dir string) bool {
	return slices.ContainsFunc(strings.Split(o.in, ","), func(p string) bool { return strings.HasPrefix(dir, p) })
}

// inShard reports whether the fault with a number is in the part that is tried.
func (o *options) inShard(number int) bool { return number%max(o.shards, 1) == o.shard }

func main() {
	var o options
	flag.BoolVar(&o.write, "write", false, "draw a new sample with -seed and -count and write it to testdata/sample.txt")
	flag.Uint64Var(&o.seed, "seed", 1, "draws the sample, and the cases of tests that draw some")
	flag.IntVar(&o.count, "count", 160, "how many faults a sample has")
	flag.StringVar(&o.in, "in", "", "try only faults of packages whose folder begins with one of these, commas between them")
	flag.IntVar(&o.shard, "shard", 0, "which part of -shards to try, from 0")
	flag.IntVar(&o.shards, "shards", 1, "in how many parts the faults are tried")
	flag.BoolVar(&o.named, "named", false, "try the named faults of testdata/faults")
	flag.StringVar(&o.one, "one", "", "try only named faults whose name contains this")
	flag.BoolVar(&o.narrow, "narrow", false, "try drawn faults with the tests of their own package alone")
	flag.Float64Var(&o.least, "least", 0, "exit with an error when a smaller share of the faults is found, in percent")
	flag.StringVar(&o.timeout, "timeout", "4m", "ends one run of go test")
	flag.Parse()
	share, err := run(o)
	if err == nil && share < o.least {
		err = fmt.Errorf("%.1f %% of the faults were found, wanted %.1f %%", share, o.least)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run tries faults and returns the share of them that was found, in percent.
func run(o options) (float64, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return 0, fmt.Errorf("go list -m: %w", err)
	}
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	module, root, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	b := &bench{root: root, module: module, scratch: scratch, timeout: o.timeout, draws: o.seed}
	if o.named || o.one != "" {
		return b.tryNamed(o)
	}
	if o.write {
		return 100, b.writeSample(o)
	}
	return b.trySample(o)
}

func (b *bench) tryNamed(o options) (float64, error) {
	all, err := readNamed(b.root)
	if err != nil {
		return 0, err
	}
	score := score{}
	for i, n := range all {
		if !strings.Contains(n.name, o.one) || !o.inShard(i) {
			continue
		}
		end, _, err := b.try(&n.site, n.tests, nil)
		if err != nil {
			return 0, err
		}
		if end == outcomeInvalid {
			return 0, fmt.Errorf("%s does not compile", n.name)
		}
		fmt.Printf("%-20s %s:%d %s\n", end, n.site.file, n.site.line, n.name)
		score.add(end)
	}
	return score.print(), nil
}

// functions returns the functions from which faults are drawn.
func (b *bench) functions() ([]function, error) {
	dirs, err := rings(b.root)
	if err != nil {
		return nil, err
	}
	return readFunctions(b.root, dirs)
}

// writeSample draws faults that compile and writes their keys.
func (b *bench) writeSample(o options) error {
	functions, err := b.functions()
	if err != nil {
		return err
	}
	var list strings.Builder
	fmt.Fprintf(&list, "# Drawn by: go run ./internal/mutate -write -seed %d -count %d\n", o.seed, o.count)
	for n, drawn := 0, draw(functions, o.seed); n < o.count && len(drawn) > 0; drawn = drawn[1:] {
		ok, err := b.compiles(&drawn[0])
		if err != nil {
			return err
		}
		if ok {
			fmt.Fprintln(&list, drawn[0].key())
			n++
		}
	}
	return os.WriteFile(filepath.Join(b.root, sampleList), []byte(list.String()), 0o644)
}

// trySample tries the faults of the sample. Those that are argued to change nothing do not count.
func (b *bench) trySample(o options) (float64, error) {
	functions, err := b.functions()
	if err != nil {
		return 0, err
	}
	sample, gone, err := readSample(b.root, functions)
	if err != nil {
		return 0, err
	}
	equivalent, err := readEquivalent(b.root)
	if err != nil {
		return 0, err
	}
	score := score{}
	for _, key := range gone {
		fmt.Printf("%-20s %s\n", outcomeGone, key)
		score.add(outcomeGone)
	}
	for i, s := range sample {
		if !o.inShard(i) || !o.wants(s.dir()) {
			continue
		}
		if why, ok := equivalent[s.key()+"  "+s.hash]; ok {
			fmt.Printf("%-20s %s: %s\n", outcomeEquivalent, s.key(), why)
			score.add(outcomeEquivalent)
			continue
		}
		var then []string
		if !o.narrow {
			if then, err = b.wider(s.dir()); err != nil {
				return 0, err
			}
		}
		end, by, err := b.try(&s, []string{"./" + s.dir()}, then)
		if err != nil {
			return 0, err
		}
		fmt.Printf("%-20s %s:%d %s/%d  %s\n", end, s.file, s.line, s.operator, s.number, by)
		if end == outcomeSurvived {
			fmt.Printf("    %s  %s\n    %s: replaced by %q\n", s.key(), s.hash, operators[s.operator], s.text)
		}
		score.add(end)
	}
	return score.print(), nil
}

// score counts how faults ended.
type score map[outcome]int

func (s score) add(o outcome) { s[o]++ }

// print says the score and returns the share of the faults that were found, in percent. Only faults that could be
// planted and that change something count.
func (s score) print() (share float64) {
	found := s[outcomeFound] + s[outcomeWider]
	tried := found + s[outcomeSurvived]
	if tried > 0 {
		share = 100 * float64(found) / float64(tried)
	}
	fmt.Printf("%d of %d faults were found (%.1f %%): %d by the tests of their package, %d by wider tests\n",
		found, tried, share, s[outcomeFound], s[outcomeWider])
	if left := s[outcomeEquivalent] + s[outcomeGone] + s[outcomeInvalid]; left > 0 {
		fmt.Printf("%d more do not count: %d change nothing that can be observed, %d have no place any more, %d do not compile\n",
			left, s[outcomeEquivalent], s[outcomeGone], s[outcomeInvalid])
	}
	return share
}
