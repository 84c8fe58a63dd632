package localapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/internal/contract"
	"github.com/aura-runtime/aura/localapi"
	"github.com/aura-runtime/aura/task"
)

// counted is a bridge that counts the calls that start.
type counted struct {
	*contract.Fake
	started atomic.Int32
}

func (c *counted) Submit(tc task.Context, in fact.Intent) (fact.Result, error) {
	c.started.Add(1)
	return c.Fake.Submit(tc, in)
}

func (c *counted) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	c.started.Add(1)
	return c.Fake.Ask(tc, q)
}

func (c *counted) Watch(tc task.Context, sel fact.Selection, sink func(fact.Update) error) error {
	c.started.Add(1)
	return c.Fake.Watch(tc, sel, sink)
}

// ask sends a request as it is and returns the error in the answer.
func ask(t *testing.T, path, target, headers, body string) (said struct {
	Kind aura.Kind `json:"kind"`
	Text string    `json:"text"`
}) {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "POST /v1/%s HTTP/1.1\r\nHost: agent.aura.invalid\r\nAura-Protocol: 2\r\n%sContent-Length: %d\r\n\r\n%s",
		target, headers, len(body), body)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return said
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		t.Fatalf("status %d: %v", answer.StatusCode, err)
	}
	return said
}

// TestAHostileBudgetStartsNothing: a budget that is no number of nanoseconds is refused by the name of its header.
func TestAHostileBudgetStartsNothing(t *testing.T) {
	f := &counted{Fake: contract.NewFake()}
	serve(t, f, localapi.Options{}, nil, func(_ task.Context, path string) {
		requests := map[string]string{
			"submit": `{"kind":"test.note","operation":"` + aura.OperationID{1}.String() + `"}`,
			"ask":    `{"kind":"test.echo"}`, "watch": `{}`,
		}
		for _, target := range []string{"submit", "ask", "watch"} {
			for _, headers := range []string{
				"Aura-Budget: -1\r\n", "Aura-Budget: -9223372036854775808\r\n", "Aura-Budget: 9223372036854775808\r\n",
				"Aura-Budget: " + strings.Repeat("9", 4000) + "\r\n", "Aura-Budget: NaN\r\n", "Aura-Budget: +Inf\r\n",
				"Aura-Budget: 1e9\r\n", "Aura-Budget: 0x10\r\n", "Aura-Budget: 5s\r\n", "Aura-Budget: +5\r\n", "Aura-Budget: 1_000\r\n",
				"Aura-Budget: 1, 2\r\n", "Aura-Budget:\r\n", "Aura-Budget: \x80\r\n",
				"Aura-Budget: 1000000000\r\nAura-Budget: 1000000000\r\n", "Aura-Budget: 1000000000\r\naura-budget: -1\r\n",
			} {
				said := ask(t, path, target, headers, requests[target])
				if said.Kind != aura.Invalid || !strings.Contains(said.Text, "Aura-Budget") || len(said.Text) > 200 {
					t.Errorf("%s with %.60q: %v %.300q", target, headers, said.Kind, said.Text)
				}
			}
		}
		if n := f.started.Load(); n != 0 {
			t.Errorf("%d requests were started", n)
		}
		// The greatest number is a budget, and so is none at all.
		for _, headers := range []string{"", "Aura-Budget: 9223372036854775807\r\n"} {
			if said := ask(t, path, "ask", headers, requests["ask"]); said.Kind != 0 {
				t.Errorf("with %q: %v %q", headers, said.Kind, said.Text)
			}
		}
		if said := ask(t, path, "submit", "Aura-Budget: 0\r\n", requests["submit"]); said.Kind != aura.Timeout {
			t.Errorf("with nothing left: %v %q", said.Kind, said.Text)
		}
	})
}
