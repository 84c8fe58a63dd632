package localapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Client is an [app.Bridge] to the agent that listens on a socket. Its methods are for tasks of the
// real executor and safe for concurrent use.
type Client struct {
	http *http.Client
}

// Open returns a client after asking the agent at path for its protocol. It returns
// [aura.Unavailable] if no agent is there, [aura.Timeout] if one does not answer, and [aura.Invalid] if the agent is of another version.
func Open(tc task.Context, path string) (*Client, error) {
	var d net.Dialer
	c := &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return d.DialContext(ctx, "unix", path)
		},
		DisableCompression:  true,
		MaxIdleConnsPerHost: 8, // a frontend's usual calls at once
		IdleConnTimeout:     spareFor,
	}}}
	if err := c.hello(tc); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close releases idle connections. Calls that are under way go on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Submit implements [app.Bridge].
func (c *Client) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	var out wireResult
	if err := c.call(tc, pathSubmit, wireIntent(in), &out); err != nil {
		return fact.Result{}, err
	}
	return fact.Result(out), nil
}

// Ask implements [app.Bridge].
func (c *Client) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	var out wireAnswer
	if err := c.call(tc, pathAsk, wireQuestion(q), &out); err != nil {
		return fact.Answer{}, err
	}
	return fact.Answer(out), nil
}

// Watch implements [app.Bridge]. It returns [aura.Exhausted] if the agent cut the watch because sink
// was too slow, [aura.Unavailable] if the agent has gone, and [aura.Timeout] if it is there and answers nothing any
// more; in all cases the caller may watch again from the last update's position.
func (c *Client) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	const op = "localapi.Watch"
	after, ended := sel.After, false
	err := c.attend(tc, func(ctx context.Context, heard func()) error {
		resp, err := c.send(tc, ctx, http.MethodPost, pathWatch, wireSelection(sel))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		ended, err = readEvents(resp.Body, func(up fact.Update) error {
			heard()
			after = up.Position
			return sink(up)
		})
		return err
	})
	switch {
	case ended || err != nil:
		return err
	case tc.Err() != nil:
		return tc.Err()
	case c.hello(tc) == nil:
		return aura.Errorf(op, aura.Exhausted, "the watch was read too slowly and cut after position %d: watch again from there", after)
	}
	return aura.Errorf(op, aura.Unavailable, "the agent has gone: start it again with aura up")
}

// The times within which an agent answers. One that is stopped or has nothing left of the machine takes
// connections for a while, and its frontends must not wait with it.
const (
	helloWithin  = 5 * time.Second
	spareFor     = time.Minute     // an open connection that no request uses
	silentFor    = 5 * time.Second // before it is asked whether it is still there
	answerWithin = time.Minute     // a request that has work to do
)

func (c *Client) hello(tc task.Context) error {
	return answering(tc, helloWithin, func(tc task.Context) error {
		resp, err := c.send(tc, tc.Std(), http.MethodGet, pathHello, nil)
		if err != nil {
			return err
		}
		return drain(resp)
	})
}

// answering bounds the wait for an agent that takes connections and does not answer. That is [aura.Timeout], if the
// caller's own time is not up.
func answering(tc task.Context, limit time.Duration, fn func(task.Context) error) error {
	bounded, done := tc.WithBudget("localapi.answer", limit)
	defer done()
	err := fn(bounded)
	if err != nil && bounded.Err() != nil && tc.Err() == nil {
		return aura.Errorf("localapi.Client", aura.Timeout,
			"the agent does not answer within %s: if its process is stopped let it go on, else end it and start it again", limit)
	}
	return err
}

// call sends one request and reads its answer.
func (c *Client) call(tc task.Context, path string, in, out any) error {
	return answering(tc, answerWithin, func(tc task.Context) error {
		return c.attend(tc, func(ctx context.Context, _ func()) error { return c.exchange(tc, ctx, path, in, out) })
	})
}

// attend runs fn, which calls heard when something comes from the agent. When nothing has come for a while it asks
// the agent whether it is there. One that does not answer that either was stopped in the middle: attend ends ctx, and
// returns [aura.Timeout] when fn has returned.
func (c *Client) attend(tc task.Context, fn func(ctx context.Context, heard func()) error) error {
	ctx, stop := context.WithCancel(tc.Std())
	defer stop()
	var last atomic.Int64 // when something came, of Elapsed
	heard := func() { last.Store(int64(tc.Elapsed())) }
	heard()
	var lost atomic.Pointer[error]
	g := task.NewGroup(tc, "localapi.attend")
	g.Go("ask", func(tc task.Context) error {
		for {
			if left := aura.Duration(last.Load()) + silentFor - tc.Elapsed(); left > 0 {
				if err := tc.Sleep(left); err != nil {
					return nil // fn has returned
				}
				continue
			}
			if err := c.hello(tc); aura.KindOf(err) == aura.Timeout && tc.Err() == nil {
				lost.Store(&err)
				stop()
				return nil
			}
			heard()
		}
	})
	err := fn(ctx, heard)
	_ = g.Close(tc, helloWithin) // its one request ends with it, also after this when the caller's time is up
	if lost := lost.Load(); lost != nil {
		return *lost
	}
	return err
}

func (c *Client) exchange(tc task.Context, ctx context.Context, path string, in, out any) error {
	resp, err := c.send(tc, ctx, http.MethodPost, path, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return broken(tc, "localapi.Client", err)
	}
	return nil
}

// send returns the response to a request that the agent accepted, or the error that it answered. The request ends
// with ctx, which ends with tc.
func (c *Client) send(tc task.Context, ctx context.Context, method, path string, in any) (*http.Response, error) {
	const op = "localapi.Client"
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, aura.Errorf(op, aura.Invalid, "request: %w", err)
		}
		if len(b) > maxRequest {
			return nil, aura.Errorf(op, aura.Invalid, "the request is larger than %d bytes", maxRequest)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+origin+path, body)
	if err != nil {
		return nil, aura.Errorf(op, aura.Internal, "request: %w", err)
	}
	req.Header.Set(protocolHeader, protocol)
	if left, limited := tc.Remaining(); limited {
		req.Header.Set(budgetHeader, strconv.FormatInt(int64(left), 10))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, broken(tc, op, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var w wireError
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&w); err != nil || w.Kind == 0 {
		return nil, aura.Errorf(op, aura.Unavailable, "what answers on the socket is not an agent (status %d)", resp.StatusCode)
	}
	return nil, w.decode()
}

// broken says why there was no answer: the caller's own end, no agent at all, or one that vanished.
func broken(tc task.Context, op aura.Op, err error) error {
	if ended := tc.Err(); ended != nil {
		return ended
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return aura.Errorf(op, aura.Unavailable, "no agent is running for this home: start it with aura up")
	}
	return aura.Errorf(op, aura.Unavailable, "the agent has gone before it answered, and an action may have happened all the same: start it again with aura up")
}

func drain(resp *http.Response) error {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	return resp.Body.Close()
}

// readEvents passes updates to sink until the stream's end. ended is false for a stream that broke off.
func readEvents(body io.Reader, sink func(fact.Update) error) (ended bool, err error) {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), maxAnswer)
	event, data := "", []byte(nil)
	for lines.Scan() {
		name, value, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		switch string(name) {
		case "event":
			event = string(value)
		case "data":
			data = append(data[:0], value...)
		case "":
			// The empty line says that the event is whole: a stream may break off inside one.
			if ended, err := readEvent(event, data, sink); ended || err != nil {
				return ended, err
			}
			event = ""
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return false, aura.Errorf("localapi.Watch", aura.Corrupt, "the agent sent an event larger than %d bytes", maxAnswer)
	}
	return false, nil
}

func readEvent(event string, data []byte, sink func(fact.Update) error) (ended bool, err error) {
	const op = "localapi.Watch"
	switch event {
	case eventUpdate:
		var w wireUpdate
		if err := json.Unmarshal(data, &w); err != nil {
			return false, aura.Errorf(op, aura.Corrupt, "event of the agent: %w", err)
		}
		up, err := w.decode()
		if err != nil {
			return false, err
		}
		return false, sink(up)
	case eventEnd:
		var w wireError
		if err := json.Unmarshal(data, &w); err != nil {
			return false, aura.Errorf(op, aura.Corrupt, "event of the agent: %w", err)
		}
		return true, w.decode()
	}
	return false, nil // an event that only a later version knows
}
