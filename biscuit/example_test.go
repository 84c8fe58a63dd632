package biscuit_test

import (
	"errors"
	"fmt"

	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

// Ada issues a token, narrows it to reading before she hands it on, and a server decides by it.
func Example() {
	var failed error
	program := func(text string) *datalog.Program {
		p, err := datalog.Parse(text, nil)
		failed = errors.Join(failed, err)
		return p
	}
	key := func(secret byte) biscuit.PrivateKey { // a real program draws 32 bytes
		k, err := biscuit.NewPrivateKey(datalog.AlgorithmEd25519, [32]byte{secret})
		failed = errors.Join(failed, err)
		return k
	}
	root := key(1)
	token, err := biscuit.Mint(root, program(`right("chat:read"); right("chat:send");`), key(2), biscuit.MintOptions{})
	if failed = errors.Join(failed, err); failed == nil {
		token, failed = token.Attenuate(program(`check if operation("chat:read");`), key(3))
	}
	for _, operation := range []string{"chat:read", "chat:send"} {
		request := program(fmt.Sprintf("operation(%q); allow if operation($o), right($o);", operation))
		a, err := biscuit.NewAuthorizer(token, request, biscuit.Options{})
		if failed = errors.Join(failed, err); failed != nil {
			break
		}
		_, err = a.Authorize()
		fmt.Println(operation, err)
	}
	fmt.Println(failed)
	// Output:
	// chat:read <nil>
	// chat:send biscuit.Authorize: check 0 of block 1 failed: check if operation("chat:read")
	// <nil>
}
