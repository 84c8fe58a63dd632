package phrase_test

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura/roster/phrase"
)

// The words hold the account: written once, they give the same root key again.
func Example() {
	drawn := []byte("sixteen bytes, !") // a real account draws them
	words, _ := phrase.Words(drawn)
	fmt.Println(strings.Join(words, " "))

	_, err := phrase.Parse(strings.Join(words[:11], " ") + " zoo")
	fmt.Println(err)
	back, err := phrase.Parse(strings.Join(words, " "))
	fmt.Println(string(back), err)
	seed, _ := phrase.RootSeed(back)
	fmt.Printf("%x…\n", seed[:4])
	// Output:
	// inflict envelope brown skull finger awake measure company grace offer amount drama
	// phrase.Parse: the 12 words do not belong together: compare each with the paper, and their order
	// sixteen bytes, ! <nil>
	// 54ce5873…
}
