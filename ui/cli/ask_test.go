package cli_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// oracle is an agent that has one answer to each kind of question.
type oracle struct {
	app.Bridge
	answers map[string]any
}

// Ask implements [app.Bridge].
func (o oracle) Ask(tc task.Context, q fact.Question) (fact.Answer, error) {
	a, ok := o.answers[q.Kind]
	if !ok {
		return o.Bridge.Ask(tc, q)
	}
	b, err := fact.Marshal(a)
	return fact.Answer{Payload: b}, err
}

// asked runs one command line over an agent with the given answers.
func (d *desk) asked(answers map[string]any, args ...string) (out, errs string, code int) {
	var o, e bytes.Buffer
	s := &cli.Shell{
		Out: &o, Err: &e,
		Run: func(name string, fn func(task.Context) error) error {
			return task.NewReal(task.RealOptions{}).Run(name, fn)
		},
		FindAccount: func(string) error { return nil },
		Connect: func(tc task.Context, _ string) (*app.Core, error) {
			offline, err := app.NewOffline(tc, d.self.Authority(), d.self.Device(), world.Random(), app.OfflineOptions{Records: d.records})
			if err != nil {
				return nil, err
			}
			return app.New(tc, oracle{offline.Bridge(), answers}, world.Random(), app.Options{})
		},
	}
	root := cli.New(s)
	root.SetArgs(args)
	code = cli.Report(s, root.Execute())
	return o.String(), e.String(), code
}

func TestADenialIsExplainedByBlockCheckAndBudget(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	c := certificate(2)
	e := capability.Explanation{
		Capability: "chat:send", Stage: "capability", Reason: "the token is not valid now",
		Tokens: []capability.TokenAnswer{
			{Block: []byte{0xab, 0xcd, 0xef, 0x01, 0x02}, Blocks: 2, Reason: "the token is not valid now", Failed: []capability.FailedCheck{
				{Block: 1, Check: 0, Text: "check if \x1b[2Jtime($t)"},
			}},
			{Reason: "the token is damaged or put together anew"},
			{Block: []byte{1, 2, 3, 4}, Blocks: 1},
		},
		Budgets: []capability.Budget{{
			Peer: c.Authority(), Limit: 10, Spent: 9, Turns: aura.Instant(0), Waits: "flow budget: earlier facts wait",
		}},
		Leaks: []capability.LeakBudget{{Name: "custody"}, {Name: "external", Defined: true, Limit: 8, Spent: 20}},
	}
	answers := map[string]any{capability.QuestionExplain: e}
	out, errs, code := d.asked(answers, "guard", "explain", "Ben", "chat:send")
	want := `chat:send would be denied by the stage capability: the token is not valid now
token      abcdef01, 2 blocks: the token is not valid now
           block 1, check 0 does not hold: check if ` + "\ufffd" + `[2Jtime($t)
token      unreadable: the token is damaged or put together anew
token      01020304, 1 block: permits it
budget     1 unit left of 10 for Ben, full again in 0s; the message would wait: flow budget: earlier facts wait
leakage    to custody: no budget, so nothing may be told
leakage    to external: 0 bits of 8 left
`
	if diff := cmp.Diff(want, out); diff != "" || code != 1 || errs != "aura: chat:send would be denied\n" {
		t.Errorf("exit code %d, %q: %s", code, errs, diff)
	}
	e = capability.Explanation{Capability: "chat:send", Allowed: true, Budgets: []capability.Budget{{
		Peer: c.Authority(), Limit: 10, Turns: aura.Instant(time.Now().Add(24*time.Hour + time.Minute).UnixNano()),
	}}}
	answers[capability.QuestionExplain] = e
	out, _, code = d.asked(answers, "guard", "explain", "Ben", "chat:send")
	want = "chat:send would be allowed\ntoken      there is none\nbudget     10 units left of 10 for Ben, full again in 1d\n"
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("exit code %d: %s", code, diff)
	}
}

func TestRowsCannotLookLikeOtherRows(t *testing.T) {
	d := newDesk(t, "Ada")
	text := func(s string) query.Value { return query.Value{Kind: query.KindString, Text: s} }
	answers := map[string]any{query.Question: query.Result{Position: 7, Columns: []string{"text", ""}, Rows: [][]query.Value{
		{text("hi"), {Kind: query.KindInteger, Text: "-3"}},
		{text("a\nb\tc\x1b[2J\u202e"), {Kind: query.KindNull, Text: "null"}},
		{{Kind: query.KindOther, Text: "hex:00"}, {Kind: query.KindBool, Text: "true"}},
	}}}
	out, _, _ := d.asked(answers, "query", "any")
	want := "text                 2\nhi                   -3\n\"a\\nb\\tc\\u001b[2J\ufffd\"  null\nhex:00               true\n3 rows, as of position 7\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	out, _, _ = d.asked(answers, "query", "any", "--json")
	want = `{"2":-3,"text":"hi"}` + "\n" + `{"2":null,"text":"a\nb\tc\u001b[2J` + "\u202e" + `"}` + "\n" + `{"2":true,"text":"hex:00"}` + "\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	answers[query.Question] = query.Result{Columns: []string{"n"}, Rows: [][]query.Value{{{Kind: query.KindInteger, Text: "1}"}}}}
	if out, _, code := d.asked(answers, "query", "any", "--json"); code != 1 || out != "" {
		t.Errorf("a number that is none: exit code %d, %q", code, out)
	}
}

// TestTokensOfPeersCannotDeceive: the text of a contact's token is its own, and can begin like another token.
func TestTokensOfPeersCannotDeceive(t *testing.T) {
	d := newDesk(t, "Ada")
	d.knows(2, "Ben")
	cert := certificate(2)
	ben := cert.Authority()
	names := []string{"a\x1b[2J\n00000000  given", "b", "c", "d", "e", "f", "g"}
	answers := map[string]any{capability.QuestionTokens: capability.TokenList{Tokens: []capability.TokenLine{
		{Role: capability.TokenGiven, Peer: ben, Names: []string{"chat:send"}, Blocks: 1, Issued: true, Block: []byte{1, 2, 3, 4, 5, 6}},
		{Role: capability.TokenHeld, Peer: ben, Names: names, Blocks: 1, Block: []byte{1, 2, 3, 4, 6, 6}},
	}}}
	out, _, _ := d.asked(answers, "guard", "tokens")
	want := "01020304  given  Ben  chat:send\n01020304  held   Ben  a\ufffd[2J 00000000  given b c d e f and 1 more\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	_, errs, code := d.asked(answers, "guard", "revoke", "01020304")
	if want := "aura: 2 tokens begin with \"01020304\": write one of 010203040506, 010203040606\n"; code != 1 || errs != want {
		t.Errorf("exit code %d, %q", code, errs)
	}
	_, errs, _ = d.asked(answers, "guard", "revoke", "0102030406")
	if want := "aura: another authority issued the token 01020304: only it can revoke that\n"; errs != want {
		t.Errorf("the whole beginning: %q", errs)
	}
}
