package roster_test

import (
	"fmt"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
)

// Ada enrols a laptop, loses it and removes it. The phone says up to which fact the laptop's words count.
func Example() {
	c := certificate() // of her phone
	first, err := roster.Found(&c)
	chain := roster.New(first.Authority)
	fmt.Println(err, chain.Add(first, 0))

	enrolment, _ := roster.Enrol(chain.State(0), id("phone"), device("laptop"))
	enrolment = enrolment.Sign(signer("root"))
	fmt.Println(chain.Add(enrolment, 0), len(chain.State(0).Devices))

	removal, _ := roster.Remove(chain.State(0), id("phone"), id("laptop"))
	removal = removal.Sign(signer("root"))
	fmt.Println(chain.Add(removal, 0), len(chain.State(0).Devices))

	last := fact.Place{Seq: 7, ID: [16]byte{1}}
	said := roster.ClosedFact{By: id("phone"), Closed: roster.Closed{Device: id("laptop"), Entry: removal.Hash(), Heads: []fact.Place{last}}}
	below := func(aura.DeviceID, fact.Place, fact.Place) (below, known bool) { return true, true } // ask the journal
	bounds := chain.State(0).Bounds([]roster.ClosedFact{said}, below)
	fmt.Println(bounds.Standing(id("laptop"), last), bounds.Standing(id("laptop"), fact.Place{Seq: 8, ID: [16]byte{2}}))
	// Output:
	// <nil> <nil>
	// <nil> 2
	// <nil> 1
	// counts void
}
