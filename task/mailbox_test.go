package task_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
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

func TestClosedMailboxIsDrainedAndTakesNothing(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			m := task.NewMailbox[int]("m", 2)
			m.TrySend(1)
			m.TrySend(2)
			g := task.NewGroup(tc, "g")
			var parked error
			g.Go("sender", func(tc task.Context) error { parked = m.Send(tc, 3); return nil })
			_ = tc.Sleep(time.Millisecond)
			m.Close()
			m.Close()
			if err := g.Wait(tc); err != nil {
				return err
			}
			if !errors.Is(parked, aura.Cancelled) || !errors.Is(m.Send(tc, 4), aura.Cancelled) || m.TrySend(5) {
				t.Errorf("a closed mailbox took a value (%v)", parked)
			}
			a, errA := m.Recv(tc)
			b, ok := m.TryRecv()
			_, end := m.Recv(tc)
			if a != 1 || errA != nil || b != 2 || !ok || !errors.Is(end, aura.Cancelled) {
				t.Errorf("drained %d, %v, %d, %v, %v", a, errA, b, ok, end)
			}
			return nil
		})
	})
}

func TestCloseWakesReceivers(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		run(t, x, func(tc task.Context) error {
			m := task.NewMailbox[int]("m", 1)
			g := task.NewGroup(tc, "g")
			for range 3 {
				g.Go("receiver", func(tc task.Context) error {
					if _, err := m.Recv(tc); !errors.Is(err, aura.Cancelled) {
						t.Errorf("Recv returned %v", err)
					}
					return nil
				})
			}
			_ = tc.Sleep(time.Millisecond)
			m.Close()
			return g.Wait(tc)
		})
	})
}

// Senders that find a free slot again and again must not starve those that wait in line.
func TestParkedSendersAreNotStarved(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		const senders, turns = 5, 40
		run(t, x, func(tc task.Context) error {
			m := task.NewMailbox[int]("m", 1)
			g := task.NewGroup(tc, "g")
			for s := range senders {
				g.Go("sender", func(tc task.Context) error {
					for {
						if err := m.Send(tc, s); err != nil {
							return err
						}
					}
				})
			}
			var got [senders]int
			limited, done := tc.WithBudget("turns for everybody", time.Minute)
			defer done()
			for slices.Min(got[:]) < turns {
				s, err := m.Recv(limited)
				if err != nil {
					t.Errorf("turns of each: %v", got)
					return err
				}
				got[s]++
				_ = tc.Yield()
			}
			return g.Close(tc, time.Minute)
		})
	})
}

func TestMailboxBehavesLikeABoundedSlice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		capacity := rapid.IntRange(1, 20).Draw(rt, "capacity")
		m := task.NewMailbox[int]("m", capacity)
		var model []int
		next := 0
		rt.Repeat(map[string]func(*rapid.T){
			"send": func(rt *rapid.T) {
				if got, want := m.TrySend(next), len(model) < capacity; got != want {
					rt.Fatalf("TrySend with %d of %d inside: %v", len(model), capacity, got)
				} else if want {
					model = append(model, next)
				}
				next++
			},
			"receive": func(rt *rapid.T) {
				v, ok := m.TryRecv()
				if ok != (len(model) > 0) || ok && v != model[0] {
					rt.Fatalf("TryRecv: %d, %v; model %v", v, ok, model)
				}
				if ok {
					model = model[1:]
				}
			},
			"": func(rt *rapid.T) {
				if m.Len() != len(model) {
					rt.Fatalf("Len %d, model %d", m.Len(), len(model))
				}
			},
		})
	})
}

func TestManySendersAndReceiversLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, x task.Executor) {
		const senders, receivers, values = 4, 3, 100
		var got [receivers][]int
		run(t, x, func(tc task.Context) error {
			m := task.NewMailbox[int]("m", 2)
			in, out := task.NewGroup(tc, "in"), task.NewGroup(tc, "out")
			for s := range senders {
				in.Go("sender", func(tc task.Context) error {
					for i := range values {
						if err := m.Send(tc, s*values+i); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for r := range receivers {
				out.Go("receiver", func(tc task.Context) error {
					for {
						v, err := m.Recv(tc)
						if errors.Is(err, aura.Cancelled) {
							return nil
						}
						if err != nil {
							return err
						}
						got[r] = append(got[r], v)
					}
				})
			}
			if err := in.Wait(tc); err != nil {
				return err
			}
			m.Close()
			return out.Wait(tc)
		})
		var all []int
		for _, part := range got {
			all = append(all, part...)
		}
		slices.Sort(all)
		if len(all) != senders*values || len(slices.Compact(all)) != senders*values {
			t.Errorf("received %d values of %d", len(all), senders*values)
		}
	})
}

func TestWaitsAllocateNothing(t *testing.T) {
	run(t, task.NewSim(1, task.SimOptions{}), func(tc task.Context) error {
		a, b := task.NewMailbox[int]("a", 1), task.NewMailbox[int]("b", 1)
		g := task.NewGroup(tc, "g")
		g.Go("echo", func(tc task.Context) error {
			for {
				v, _, err := a.RecvUntil(tc, tc.Elapsed()+time.Second)
				if err != nil {
					return err
				}
				if err := b.Send(tc, v); err != nil {
					return err
				}
			}
		})
		allocs := testing.AllocsPerRun(200, func() {
			_ = a.Send(tc, 1)
			_, _ = b.Recv(tc)
		})
		if allocs > 0 {
			t.Errorf("%v allocations per round trip", allocs)
		}
		return g.Close(tc, time.Second)
	})
}
