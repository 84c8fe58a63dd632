package biscuit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
)

func TestDecisionsSayWhy(t *testing.T) {
	token := mint(t, `check if a(1);`, `check if b(1);`)
	for program, want := range map[string]string{
		`a(1); b(1); deny if a(2); allow if a(1);`: "",
		`a(1); b(1);`: "biscuit.Authorize: no policy matches",
		`a(1); b(1); deny if a(1) or c(1); allow if true;`: "biscuit.Authorize: policy 0 denies",
		`a(1); b(2); allow if true;`:                       "biscuit.Authorize: check 0 of block 1 failed: check if b(1)",
		`check if c(1); deny if true;`: "biscuit.Authorize: check 0 of the authorizer failed: check if c(1); " +
			"check 0 of block 0 failed: check if a(1); check 0 of block 1 failed: check if b(1); policy 0 denies",
	} {
		err := authorize(t, token, program)
		if got := text(err); got != want || err != nil && !errors.Is(err, aura.Denied) {
			t.Errorf("%s: got %q, want %q", program, got, want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestErrorsAreNoDecisions(t *testing.T) {
	token := mint(t, authority)
	for program, want := range map[string]error{
		`check if 1 / 0 === 1; allow if true;`:                   aura.Invalid,
		`allow if true.extern::f();`:                             aura.Invalid,
		`n(1); m($x) <- n($x), $x + "a" === "b"; allow if true;`: aura.Invalid,
		`a($x) <- b($y); allow if true;`:                         aura.Invalid,
	} {
		if err := authorize(t, token, program); !errors.Is(err, want) {
			t.Errorf("%s: %v", program, err)
		}
	}
	a, err := biscuit.NewAuthorizer(token, parse(t, request), biscuit.Options{Limits: datalog.Limits{Steps: 3}})
	if err == nil {
		_, err = a.Authorize()
	}
	if !errors.Is(err, datalog.ErrSteps) || !errors.Is(err, aura.Exhausted) {
		t.Errorf("three steps: %v", err)
	}
}

func TestWithoutATokenTheProgramDecides(t *testing.T) {
	if err := authorize(t, nil, request+`right("file1", "read");`); err != nil {
		t.Error(err)
	}
	if err := authorize(t, nil, request); !errors.Is(err, aura.Denied) {
		t.Error(err)
	}
}

func TestPoliciesSeeWhatTheyTrust(t *testing.T) {
	token := mint(t, `user("root");`, `user("block");`)
	for _, c := range []struct {
		predicate, scope string
		want             []string
	}{
		{"user", "", []string{"own", "root"}},
		{"seen", "", []string{"own", "root"}},
		{"user", " trusting authority", []string{"own", "root"}},
		{"user", " trusting previous", []string{"own"}},
	} {
		for _, name := range []string{"own", "root", "block"} {
			text := fmt.Sprintf(`user("own"); seen($u) <- user($u); allow if %s(%q)%s;`, c.predicate, name, c.scope)
			if err := authorize(t, token, text); (err == nil) != slices.Contains(c.want, name) {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// statements draws the source of a block: facts that grant, rules that derive, checks that
// restrict.
func statements(t *rapid.T, label string) string {
	pool := []string{
		`right("file1", "read");`, `right("file2", "write");`, `resource("file2");`, `operation("read");`, `owner("me");`,
		`right($r, $o) <- resource($r), operation($o);`, `right($r, "read") <- resource($r) trusting previous;`,
		`resource("file1") <- operation($o);`, `operation("write") <- right($r, $o);`,
		`check if operation("read");`, `check if right("file1", $o);`, `reject if operation("write");`,
		`check all right($r, $o), $o === "read";`, `check if resource($r), right($r, "read") trusting previous;`,
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pool), 0, 5).Draw(t, label), " ")
}

// With any appended blocks, a token never allows more than without them, and the
// authority's facts never gain anything from later blocks.
func TestAttenuationOnlyNarrows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		program := statements(rt, "request") + `allow if resource($r), operation($o), right($r, $o);`
		token := mint(t, statements(rt, "authority"))
		allowed := authorize(t, token, program) == nil
		for i := range rapid.IntRange(1, 3).Draw(rt, "blocks") {
			longer, err := token.Attenuate(parse(t, statements(rt, "block")), key(t, byte(10+i)))
			if err != nil {
				rt.Fatal(err)
			}
			now := authorize(t, longer, program) == nil
			if now && !allowed {
				rt.Fatalf("block %d widened the token: %s", i+1, longer.Blocks()[i+1].Code())
			}
			token, allowed = longer, now
		}
	})
}
