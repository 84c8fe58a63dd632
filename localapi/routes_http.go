package localapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// callGrace bounds the wait for a call whose caller or server has gone. A call that ignores its
// cancellation this long is reported by the service's own end.
const callGrace = time.Hour

// call answers one request. An error that it returns is the answer, unless it began another.
type call func(task.Context, http.ResponseWriter, *http.Request) error

// routes returns the handler of all paths. Each request becomes a task of the group.
func (s *Server) routes(group *task.Group, emit func(world.Event)) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, name string, fn call) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := s.admit(r); err != nil {
				emit(rejected("request refused", aura.KindOf(err)))
				s.writeError(w, err)
				return
			}
			defer s.calls.Add(-1)
			err := group.Adopt(serverName+"."+name, func(tc task.Context) error {
				return within(tc, r, name, func(tc task.Context) error { return fn(tc, w, r) })
			})
			if err != nil {
				s.writeError(w, err)
			}
		})
	}
	handle("GET "+pathHello, "hello", func(_ task.Context, w http.ResponseWriter, _ *http.Request) error {
		return s.writeJSON(w, struct{}{})
	})
	handle("POST "+pathSubmit, "submit", s.submit)
	handle("POST "+pathAsk, "ask", s.ask)
	handle("POST "+pathWatch, "watch", s.watch)
	handle("/", "unknown", func(tc task.Context, _ http.ResponseWriter, _ *http.Request) error {
		tc.Emit(rejected("unknown path", aura.NotFound))
		return aura.Errorf("localapi.Serve", aura.NotFound, "the agent does not know this request: use the version of Aura that it runs")
	})
	return mux
}

// admit checks the headers of a request and takes one of the places for calls.
func (s *Server) admit(r *http.Request) error {
	const op = "localapi.Serve"
	if c, ok := r.Context().Value(callerKey{}).(*caller); ok {
		c.asked.Store(true)
	}
	if r.Host != origin {
		return aura.Errorf(op, aura.Denied, "the request is for another host")
	}
	if got := r.Header.Get(protocolHeader); got != protocol {
		return aura.Errorf(op, aura.Invalid,
			"the agent speaks local protocol %s, this program %.16q: use the version of Aura that the agent runs", protocol, got)
	}
	if s.calls.Add(1) > int32(s.opts.MaxCalls) {
		s.calls.Add(-1)
		return aura.Errorf(op, aura.Exhausted, "the agent answers %d requests already", s.opts.MaxCalls)
	}
	return nil
}

// within runs fn as a task that the caller's departure cancels and its budget bounds, and returns after its
// end: fn writes to a response that must outlive it.
func within(tc task.Context, r *http.Request, name string, fn func(task.Context) error) error {
	budget, err := budgetOf(r)
	if err != nil {
		return err
	}
	g := task.NewGroup(tc, name)
	stop := context.AfterFunc(r.Context(), g.Cancel)
	defer stop()
	var result error
	g.Go("call", func(tc task.Context) error {
		tc, done := tc.WithBudget("call of a frontend", budget)
		defer done()
		result = fn(tc)
		return nil
	})
	grace, done := tc.Grace("call", callGrace)
	defer done()
	if err := g.Wait(grace); err != nil {
		return err
	}
	return result
}

// budgetOf returns the remaining budget of the caller.
func budgetOf(r *http.Request) (aura.Duration, error) {
	const op = "localapi.Serve"
	said := r.Header.Values(budgetHeader)
	switch len(said) {
	case 0:
		return task.Forever, nil
	case 1:
	default:
		return 0, aura.Errorf(op, aura.Invalid, "the request has %s %d times", budgetHeader, len(said))
	}
	left, err := strconv.ParseUint(said[0], 10, 63)
	if err != nil {
		return 0, aura.Errorf(op, aura.Invalid, "%s of the request is %.32q and no number of nanoseconds", budgetHeader, said[0])
	}
	return aura.Duration(left), nil
}

func (s *Server) submit(tc task.Context, w http.ResponseWriter, r *http.Request) error {
	var in wireIntent
	if err := s.readJSON(w, r, &in); err != nil {
		return err
	}
	res, err := s.bridge.Submit(tc, fact.Intent(in))
	if err != nil {
		return err
	}
	return s.writeJSON(w, wireResult(res))
}

func (s *Server) ask(tc task.Context, w http.ResponseWriter, r *http.Request) error {
	var q wireQuestion
	if err := s.readJSON(w, r, &q); err != nil {
		return err
	}
	a, err := s.bridge.Ask(tc, fact.Question(q))
	if err != nil {
		return err
	}
	return s.writeJSON(w, wireAnswer(a))
}

func (s *Server) watch(tc task.Context, w http.ResponseWriter, r *http.Request) error {
	var sel wireSelection
	if err := s.readJSON(w, r, &sel); err != nil {
		return err
	}
	if n := len(sel.Namespaces) + len(sel.Kinds) + len(sel.Observations); n > maxSelected {
		return aura.Errorf("localapi.Watch", aura.Invalid, "the watch names %d namespaces and kinds, the most is %d", n, maxSelected)
	}
	defer s.watches.Add(-1)
	if s.watches.Add(1) > int32(s.opts.MaxWatches) {
		return aura.Errorf("localapi.Watch", aura.Exhausted, "the agent serves %d watches already", s.opts.MaxWatches)
	}
	out := s.openStream(w)
	err := s.bridge.Watch(tc, fact.Selection(sel), func(up fact.Update) error {
		return split(&up, func(part *fact.Update) error { return out.send(eventUpdate, encodeUpdate(part)) })
	})
	if out.slow {
		// Part of an event is on the wire, so nothing can follow it. The missing end tells the client.
		tc.Emit(rejected("watcher reads too slowly", aura.Exhausted))
		return nil
	}
	if out.gone {
		return nil
	}
	// An error here means that the caller has gone: there is no other way to tell it.
	_ = out.send(eventEnd, encodeError(err))
	return nil
}
