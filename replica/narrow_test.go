package replica

import (
	"math"
	"slices"
	"testing"
)

// TestAForkIsFoundInFewQuestions: of n places the first ones are shared. Each question is one that the peer takes, the place
// where the branches part is found, and it takes at most log₁₆ n + 2 questions.
func TestAForkIsFoundInFewQuestions(t *testing.T) {
	var lengths []uint64
	for n := range uint64(300) {
		lengths = append(lengths, n)
	}
	for n := uint64(301); n <= 1_000_000; n = n*5/3 + 1 {
		lengths = append(lengths, n-1, n)
	}
	for _, n := range append(lengths, 4095, 4096, 4097, 65_535, 65_536, 65_537, 1_000_000) {
		most := int(math.Log(float64(max(n, 1)))/math.Log(maxAsked)) + 2
		for _, fork := range []uint64{0, 1, n / 17, n / 16, n / 3, n / 2, n - n/16, n - min(n, 1), n} {
			questions, found := 0, uint64(0)
			err := narrow(n, func(ask []uint64) (shared int, err error) {
				questions++
				if err := (&places{Ask: ask}).check(); err != nil || !slices.IsSorted(ask) || ask[len(ask)-1] > n {
					t.Fatalf("of %d places a question about %d: %v", n, ask, err)
				}
				shared, _ = slices.BinarySearch(ask, fork+1)
				if shared > 0 {
					found = ask[shared-1]
				}
				return shared, nil
			})
			if err != nil || found != min(fork, n) || questions > most {
				t.Errorf("of %d places %d are shared: found %d in %d questions, the most is %d: %v", n, fork, found, questions, most, err)
			}
		}
	}
}
