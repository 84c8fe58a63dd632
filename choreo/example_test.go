package choreo_test

import (
	"fmt"

	"github.com/aura-runtime/aura/choreo"
)

const lend = `
protocol Lend =
  roles Reader, Desk
  Reader -> Desk : Ask of String
  choice Desk at
    | Lent => Desk -> Reader : Lent of String
    | Sorry => Desk -> Reader : Sorry
`

// One text for the whole conversation; the part of each role follows from it.
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
	for _, role := range instance.Roles {
		local, err := instance.Local(role)
		fmt.Println(role, "does", local, err)
	}
	// Output:
	// Reader does Desk!:Ask of String. Desk?{Lent of String. end | Sorry. end} <nil>
	// Desk does Reader?:Ask of String. Reader!{Lent of String. end | Sorry. end} <nil>
}
