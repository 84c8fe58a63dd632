package task

import (
	"encoding/binary"
	"math"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// Backoff is the one retry policy: exponential growth from Base to Max with random jitter, so that callers
// that failed together do not return together. The zero value uses the defaults.
type Backoff struct {
	Base   aura.Duration // first delay; default 100 ms
	Max    aura.Duration // greatest delay before jitter; default 1 min
	Factor float64       // growth per attempt, at least 1; default 2
	Jitter float64       // share of the delay, 0 to 1, by which it may be shorter; default 0.5; negative: none

	attempt int
}

// Next returns the next delay, between (1-Jitter) and 1 times the policy's value. It draws 8 bytes.
func (b *Backoff) Next(entropy world.Entropy) aura.Duration {
	base, limit, factor, jitter := b.Base, b.Max, b.Factor, b.Jitter
	if base <= 0 {
		base = 100 * 1e6
	}
	if limit <= 0 {
		limit = 60 * 1e9
	}
	if factor < 1 {
		factor = 2
	}
	if jitter == 0 {
		jitter = 0.5
	}
	delay := math.Min(float64(limit), float64(base)*math.Pow(factor, float64(b.attempt)))
	if delay < float64(limit) {
		b.attempt++ // growth ends at the limit, so the power cannot overflow in a long outage
	}
	return aura.Duration(delay * (1 - min(1, max(0, jitter))*fraction(entropy)))
}

// Reset makes the next delay the first again, after a success.
func (b *Backoff) Reset() { b.attempt = 0 }

// fraction draws a number in [0, 1).
func fraction(entropy world.Entropy) float64 {
	var p [8]byte
	_, _ = entropy.Read(p[:])
	return float64(binary.LittleEndian.Uint64(p[:])>>11) / (1 << 53)
}

// Retry calls fn until it succeeds, sleeping b between attempts. The caller learns of each failure by again,
// which says whether another attempt may mend it; Retry returns at once an error that none can mend. When
// tc ends it returns tc's error, with the last attempt's in its text.
func Retry(tc Context, b Backoff, entropy world.Entropy, again func(error) bool, fn func(Context) error) error {
	b.Reset()
	for {
		if err := tc.enter(); err != nil {
			return err
		}
		err := fn(tc)
		if err == nil {
			return nil
		}
		if ended := tc.Err(); ended != nil {
			return ended
		}
		if !again(err) {
			return err
		}
		if ended := tc.Sleep(b.Next(entropy)); ended != nil {
			return aura.Errorf("task.Retry", aura.KindOf(ended), "%w; last attempt: %s", ended, aura.Reason(err))
		}
	}
}
