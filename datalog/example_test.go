package datalog_test

import (
	"errors"
	"fmt"

	"github.com/aura-runtime/aura/datalog"
)

// Facts and rules go in as text; a query finds what follows from them.
func Example() {
	program, err := datalog.Parse(`
		parent("ada", "ben");
		parent("ben", "cleo");
		ancestor($a, $b) <- parent($a, $b);
		ancestor($a, $c) <- parent($a, $b), ancestor($b, $c);
	`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	world, own := datalog.NewWorld(datalog.Limits{Steps: 1000}, nil), datalog.Block(0)
	for _, f := range program.Facts {
		err = errors.Join(err, world.AddFact(own, f))
	}
	for i := range program.Rules {
		err = errors.Join(err, world.AddRule(own, own, &program.Rules[i]))
	}
	query, wrong := datalog.ParseRule(`of($who) <- ancestor($who, "cleo")`, nil)
	if err = errors.Join(err, wrong, world.Run()); err != nil {
		fmt.Println(err)
		return
	}
	answers, err := world.Select(own, own, &query)
	for f := range answers {
		fmt.Println(f.Predicate)
	}
	fmt.Println(err)
	// Output:
	// of("ben")
	// of("ada")
	// <nil>
}
