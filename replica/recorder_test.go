package replica

import (
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
)

// TestAnAcknowledgementThatWasNotKeptYieldsToANewerSession: what a failing disk refused is tried again, unless the
// peer has opened another session since, which knows more.
func TestAnAcknowledgementThatWasNotKeptYieldsToANewerSession(t *testing.T) {
	of := func(n byte) *session { return &session{link: &link{key: linkKey{peer: aura.AuthorityID{n}}}} }
	older, newer, other := of(1), of(1), of(2)
	r := newRecorder(nil)
	r.add(older)
	r.add(other)
	batch := r.take()
	if len(batch) != 2 || batch[0] != older || batch[1] != other || !r.idle() {
		t.Fatalf("%d sessions wait, idle is %t", len(batch), r.idle())
	}
	r.add(newer)
	for _, s := range batch {
		r.requeue(s)
	}
	if got := r.take(); len(got) != 2 || got[0] != newer || got[1] != other {
		t.Errorf("%d sessions are tried again, the older one of a peer is among them: %t", len(got), len(got) > 0 && got[0] == older)
	}
}

// TestARecorderThatIsStoppedSaysSo: the recorder's task goes on until it is cancelled, so whatever it waits for then,
// it must not end as if its work were done.
func TestARecorderThatIsStoppedSaysSo(t *testing.T) {
	for waits, add := range map[string]bool{"for news": false, "for more acknowledgements": true} {
		sim := task.NewSim(1, task.SimOptions{})
		err := sim.Run("test", func(tc task.Context) error {
			r := newRecorder(nil)
			if add {
				r.add(&session{link: &link{key: linkKey{peer: aura.AuthorityID{1}}}})
			}
			var ended error
			g := task.NewGroup(tc, "recorder")
			g.Go("run", func(tc task.Context) error {
				ended = r.run(tc)
				return ended
			})
			if err := tc.Sleep(gatherAcks / 2); err != nil {
				return err
			}
			g.Cancel()
			if err := g.Wait(tc); err != nil {
				return err
			}
			if aura.KindOf(ended) != aura.Cancelled {
				t.Errorf("a recorder that waits %s is cancelled and ends with %v", waits, ended)
			}
			return nil
		})
		if err != nil {
			t.Errorf("waiting %s: %v", waits, err)
		}
	}
}
