package task_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/google/go-cmp/cmp"
)

func TestMailboxKeepsOrderThroughABoundedBuffer(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		var got []int
		run(t, x, func(tc task.Context) error {
			m := task.NewMailbox[int]("numbers", 3)
			g := task.NewGroup(tc, "senders")
			g.Go("count", func(tc task.Context) error {
				for i := range 50 {
					if err := m.Send(tc, i); err != nil {
						return err
					}
				}
				m.Close()
				return nil
			})
			for {
				v, err := m.Recv(tc)
				if errors.Is(err, aura.Cancelled) {
					break
				}
				if err != nil {
					return err
				}
				got = append(got, v)
			}
			return g.Wait(tc)
		})
		var want []int
		for i := range 50 {
			want = append(want, i)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRecvUntilReturnsWhenTheTimeComes(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			m := task.NewMailbox[int]("empty", 1)
			at := tc.Elapsed() + 5*time.Millisecond
			_, ok, err := m.RecvUntil(tc, at)
			if ok || err != nil {
				t.Errorf("got %v, %v", ok, err)
			}
			if tc.Elapsed() < at {
				t.Errorf("returned at %v, before %v", tc.Elapsed(), at)
			}
			return nil
		})
	})
}
