package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	seed := flag.Uint64("seed", 1, "draws the faults")
	count := flag.Int("count", 150, "how many drawn faults to try")
	in := flag.String("in", "", "draw only from packages whose folder begins with this")
	onlyNamed := flag.Bool("named", false, "try the named faults of testdata/faults")
	one := flag.String("one", "", "try only named faults whose name contains this")
	least := flag.Float64("least", 0, "exit with an error when a smaller share of the faults is found, in percent")
	timeout := flag.String("timeout", "4m", "ends one run of go test")
	flag.Parse()
	share, err := run(*seed, *count, *in, *onlyNamed || *one != "", *one, *timeout)
	if err == nil && share < *least {
		err = fmt.Errorf("%.1f %% of the faults were found, wanted %.1f %%", share, *least)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run tries faults and returns the share of them that was found, in percent.
func run(seed uint64, count int, in string, onlyNamed bool, one, timeout string) (float64, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return 0, fmt.Errorf("go list -m: %w", err)
	}
	root := strings.TrimSpace(string(out))
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch)
	b := &bench{root: root, scratch: scratch, timeout: timeout}
	if onlyNamed {
		return b.tryNamed(one)
	}
	return b.tryDrawn(seed, count, in)
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

func (b *bench) tryDrawn(seed uint64, count int, in string) (float64, error) {
	dirs, err := rings(b.root)
	if err != nil {
		return 0, err
	}
	var chosen []string
	for _, d := range dirs {
		if strings.HasPrefix(d, in) {
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
	for _, s := range draw(functions, seed) {
		if score.tried() == count {
			break
		}
		if why, ok := equivalent[s.key()]; ok {
			fmt.Printf("%-20s %s:%d %s/%d: %s\n", "equivalent", s.file, s.line, s.operator, s.number, why)
			continue
		}
		o, err := b.try(&s, []string{"./" + s.dir()}, wider)
		if err != nil {
			return 0, err
		}
		if o == outcomeInvalid {
			continue
		}
		fmt.Printf("%-20s %s:%d %s/%d %s\n", o, s.file, s.line, s.operator, s.number, s.hash)
		if o == outcomeSurvived {
			fmt.Printf("    %s\n    %s: replaced by %q\n", s.key(), operators[s.operator], s.text)
		}
		score.add(o)
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
