package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aura-runtime/aura/task"
)

// metadata returns the number of pieces of metadata on a person's disk.
func (p *person) metadata() (n int) {
	p.Helper()
	err := p.disk.Iterate([]byte{0x0a}, []byte{0x0b}, func(_, _ []byte) error {
		n++
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}
	return n
}

// TestDeliveryRecordsAreCollectedByTheirPolicy writes many messages in one epoch and one in the next. What the
// busy epoch left goes after 30 days where the peer has confirmed it, and after 90 where not.
func TestDeliveryRecordsAreCollectedByTheirPolicy(t *testing.T) {
	const messages = 20
	const day = 24 * time.Hour
	for _, c := range []struct {
		confirmed  bool
		kept, gone time.Duration
	}{
		{confirmed: true, kept: 29 * day, gone: 31 * day},
		{confirmed: false, kept: 89 * day, gone: 91 * day},
	} {
		t.Run(fmt.Sprintf("confirmed %t", c.confirmed), func(t *testing.T) {
			inWorlds(t, 1, func(tc task.Context, u *universe) {
				ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
				context := u.meet(tc, ada, ben)
				ada.say(tc, context, "hello")
				u.sleep(tc, time.Hour)
				if !c.confirmed {
					ben.stop(tc)
				}
				began := tc.Elapsed()
				until := func(d time.Duration) { u.sleep(tc, d-(tc.Elapsed()-began)) }
				for i := range messages {
					ada.say(tc, context, fmt.Sprint("message ", i))
					u.sleep(tc, time.Second)
				}
				until(time.Hour)
				ada.say(tc, context, "in the next epoch")
				until(2 * time.Hour)
				full := ada.metadata()
				// after lets ada's agent run for a minute, and returns what is kept then.
				after := func(d time.Duration) int {
					ada.stop(tc)
					until(d)
					ada.start(tc)
					u.sleep(tc, time.Minute)
					return ada.metadata()
				}
				if n := after(c.kept); n < full-1 { // the code of the invitation is over
					t.Errorf("%d of %d records are gone after %v", full-n, full, c.kept)
				}
				if n := after(c.gone); n > full-(messages-2) {
					t.Errorf("%d of %d records are left after %v", n, full, c.gone)
				}
				if !c.confirmed {
					ben.start(tc)
				}
				ada.say(tc, context, "hello again")
				u.until(tc, "ben reads on", time.Minute, func() bool { return len(ben.texts(tc, context, ada)) == messages+3 })
			})
		})
	}
}
