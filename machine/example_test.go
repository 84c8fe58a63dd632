package machine_test

import (
	"fmt"

	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/machine"
)

// librarian is the program behind both roles: it lends every book.
type librarian struct{}

func (librarian) Choose(machine.Offer) (int, machine.Answer) { return 0, machine.AnswerDone }

func (librarian) Payload(machine.Message) (machine.Value, machine.Answer) {
	return machine.Bytes([]byte("The Odyssey")), machine.AnswerDone
}

func (librarian) Receive(m machine.Message, v machine.Value) machine.Answer {
	fmt.Printf("%s gets %s: %s\n", m.RoleName(), m.LabelName(), v.Bytes())
	return machine.AnswerDone
}

const lend = `
protocol Lend =
  roles Reader, Desk
  Reader -> Desk : Ask of String
  choice Desk at
    | Lent => Desk -> Reader : Lent of String
    | Sorry => Desk -> Reader : Sorry of String
`

// One session with both roles in one machine; nothing runs by itself, the caller brings the loop.
func Example() {
	protocol, problems := choreo.Load("lend.tell", lend)
	if len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	instance, err := protocol.Instantiate(nil) // no families: no sizes
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err := machine.CompileInstance(instance)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := machine.New(librarian{}, machine.Options{})
	admission := machine.AdmitTrusted(image, machine.IntegrityBare, machine.ReplaySequence, 1)
	if _, err := m.Open(image, machine.Opening{Owner: "example", Admission: admission}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Run(100))
	// Output:
	// Desk gets Ask: The Odyssey
	// Reader gets Lent: The Odyssey
	// all done <nil>
}
