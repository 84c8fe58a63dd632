package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// chance draws the choices of one actor from a stream of its own, so that what one does never shifts what
// another draws.
type chance struct{ *rand.Rand }

func newChance(e world.Entropy) *chance {
	var seed [32]byte
	_, _ = e.Read(seed[:])
	return &chance{rand.New(rand.NewChaCha8(seed))}
}

// happens reports true in a share (0 to 1) of all calls.
func (c *chance) happens(share float64) bool { return c.Float64() < share }

// between returns a time from least up to but without most.
func (c *chance) between(least, most aura.Duration) aura.Duration {
	return least + aura.Duration(c.Float64()*float64(most-least))
}

// pause returns the time until the next of many independent events that happen once in mean, at most four
// times that.
func (c *chance) pause(mean aura.Duration) aura.Duration {
	d := -math.Log(1-c.Float64()) * float64(mean)
	return max(time.Millisecond, min(aura.Duration(d), 4*mean))
}

// one returns an element of a list that is not empty.
func one[T any](c *chance, list []T) T { return list[c.IntN(len(list))] }
