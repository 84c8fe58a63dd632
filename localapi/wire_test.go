package localapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// FuzzEvents feeds a client what no agent would send: it must end, and fail in one of three ways.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("event: update\ndata: {\"position\":3,\"live\":true}\n\nevent: end\ndata: {\"kind\":0}\n\n"))
	f.Add([]byte("event: update\ndata: {\"records\":[{\"p\":1,\"r\":\"oA==\"}]}\n\n"))
	f.Add([]byte("event: end\ndata: {\"op\":\"guard.Evaluate\",\"kind\":1,\"text\":\"no\"}\n\n"))
	f.Add([]byte("event: later\ndata: {}\n\ndata: {}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, err := readEvents(bytes.NewReader(body), func(up fact.Update) error {
			for i := range up.Records {
				if up.Records[i].ID != up.Records[i].Fact.ID() {
					t.Error("a record without its identity reached the sink")
				}
			}
			return nil
		})
		if e, ok := errors.AsType[*aura.Error](err); err != nil && (!ok || e.Kind == 0) {
			t.Errorf("error without a kind: %v", err)
		}
	})
}

// FuzzRequests feeds a server's decoders.
func FuzzRequests(f *testing.F) {
	f.Add([]byte(`{"kind":"chat.send","operation":"op_","payload":"oA=="}`))
	f.Add([]byte(`{"namespaces":["own:auth_"],"kinds":["chat.*"],"after":7,"follow":true}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range []any{&wireIntent{}, &wireQuestion{}, &wireSelection{}} {
			d := json.NewDecoder(bytes.NewReader(body))
			d.DisallowUnknownFields()
			_ = d.Decode(v)
		}
	})
}

// A caller learns that the agent stopped, not the name of the task that ended.
func TestEndedTasksCrossInWordsForPeople(t *testing.T) {
	check := func(tc task.Context, want string) {
		if got := encodeError(aura.Errorf("localapi.Watch", aura.KindOf(tc.Err()), "%w", tc.Err())).Text; got != want {
			t.Errorf("%v crossed as %q, want %q", tc.Err(), got, want)
		}
	}
	_ = task.NewReal(task.RealOptions{}).Run("up", func(tc task.Context) error {
		late, done := tc.WithBudget("call", 0)
		check(late, "the agent did not get this done in time")
		done()
		check(late, "the agent is stopping")
		tc.Group().Cancel()
		check(tc, "the agent is stopping")
		return nil
	})
}

func TestErrorsCrossWithKindAndReason(t *testing.T) {
	for kind := aura.Denied; kind <= aura.Internal; kind++ {
		inner := aura.Errorf("guard.Evaluate", kind, "ben is blocked: unblock first")
		sent := &aura.Error{Op: "agent.Submit", Kind: kind, Err: inner}
		b, err := json.Marshal(encodeError(sent))
		if err != nil {
			t.Fatal(err)
		}
		var w wireError
		if err := json.Unmarshal(b, &w); err != nil {
			t.Fatal(err)
		}
		got := w.decode()
		if !errors.Is(got, kind) || aura.Reason(got) != aura.Reason(sent) {
			t.Errorf("%v became %v", sent, got)
		}
	}
	if err := encodeError(nil).decode(); err != nil {
		t.Errorf("no error became %v", err)
	}
	if got := encodeError(io.ErrUnexpectedEOF).decode(); !errors.Is(got, aura.Internal) {
		t.Errorf("a foreign error became %v", got)
	}
}

// An update that is split says the same as the whole, and no part is larger than it must be.
func TestSplitUpdateIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		whole := fact.Update{Live: rapid.Bool().Draw(rt, "live")}
		payload := make([]byte, fact.MaxPayload) // shared: its content does not matter
		for n := range rapid.IntRange(0, 20).Draw(rt, "records") {
			r := fact.Record{Position: fact.Position(n + 1)}
			r.Fact.Payload = payload[:rapid.IntRange(0, fact.MaxPayload).Draw(rt, "bytes")]
			whole.Records = append(whole.Records, r)
		}
		whole.Position = fact.Position(len(whole.Records)) + fact.Position(rapid.IntRange(0, 3).Draw(rt, "more"))
		whole.Observations = []fact.Observation{{Kind: "test.state", Key: "a"}}
		var joined fact.Update
		err := split(&whole, func(part *fact.Update) error {
			size := 0
			for i := range part.Records {
				size += len(part.Records[i].Fact.Payload)
			}
			if size > frameBytes+fact.MaxPayload {
				rt.Errorf("a part holds %d bytes", size)
			}
			if joined.Live || len(joined.Observations) > 0 || part.Position < joined.Position {
				rt.Errorf("part %+v comes after the end", part)
			}
			joined.Records = append(joined.Records, part.Records...)
			joined.Position, joined.Live, joined.Observations = part.Position, part.Live, part.Observations
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		brief := cmp.Transformer("brief", func(r fact.Record) fact.Position { return r.Position })
		if diff := cmp.Diff(whole, joined, brief); diff != "" {
			rt.Fatalf("joined parts (-whole +joined):\n%s", diff)
		}
	})
}
