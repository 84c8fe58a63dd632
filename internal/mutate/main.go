package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
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
	least   float64
	timeout string
}

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "draws the faults")
	flag.IntVar(&o.count, "count", 150, "how many drawn faults to try")
	flag.StringVar(&o.in, "in", "", "draw only from packages whose folder begins with this")
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
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return 0, fmt.Errorf("go list -m: %w", err)
	}
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	b := &bench{root: strings.TrimSpace(string(out)), scratch: scratch, timeout: o.timeout}
	if o.named || o.one != "" {
		return b.tryNamed(o.one)
	}
	return b.tryDrawn(o)
}

func (b *bench) tryNamed(one string) (float64, error) {
	all, err := readNamed(b.root)
	if err != nil {
		return 0, err
	}
	score := score{}
	for _, n := range all {
		if !strings.Contains(n.name, one) {
			continue
		}
		o, err := b.try(&n.site, n.tests, nil)
		if err != nil {
			return 0, err
		}
		if o == outcomeInvalid {
			return 0, fmt.Errorf("%s does not compile", n.name)
		}
		fmt.Printf("%-20s %s:%d %s\n", o, n.site.file, n.site.line, n.name)
		score.add(o)
	}
	return score.print(), nil
}

func (b *bench) tryDrawn(o options) (float64, error) {
	then := wider
	if o.narrow {
		then = nil
	}
	dirs, err := rings(b.root)
	if err != nil {
		return 0, err
	}
	var chosen []string
	for _, d := range dirs {
		if strings.HasPrefix(d, o.in) {
			chosen = append(chosen, d)
		}
	}
	functions, err := readFunctions(b.root, chosen)
	if err != nil {
		return 0, err
	}
	equivalent, err := readEquivalent(b.root)
	if err != nil {
		return 0, err
	}
	score := score{}
	for _, s := range draw(functions, o.seed) {
		if score.tried() == o.count {
			break
		}
		if why, ok := equivalent[s.key()]; ok {
			fmt.Printf("%-20s %s:%d %s/%d: %s\n", "equivalent", s.file, s.line, s.operator, s.number, why)
			continue
		}
		end, err := b.try(&s, []string{"./" + s.dir()}, then)
		if err != nil {
			return 0, err
		}
		if end == outcomeInvalid {
			continue
		}
		fmt.Printf("%-20s %s:%d %s/%d %s\n", end, s.file, s.line, s.operator, s.number, s.hash)
		if end == outcomeSurvived {
			fmt.Printf("    %s\n    %s: replaced by %q\n", s.key(), operators[s.operator], s.text)
		}
		score.add(end)
	}
	return score.print(), nil
}

// score counts how faults ended.
type score map[outcome]int

func (s score) add(o outcome) { s[o]++ }

func (s score) tried() int { return s[outcomeFound] + s[outcomeWider] + s[outcomeSurvived] }

func (s score) print() (share float64) {
	found := s[outcomeFound] + s[outcomeWider]
	if s.tried() > 0 {
		share = 100 * float64(found) / float64(s.tried())
	}
	fmt.Printf("%d of %d faults were found (%.1f %%): %d by the tests of their package, %d by wider tests\n",
		found, s.tried(), share, s[outcomeFound], s[outcomeWider])
	return share
}
