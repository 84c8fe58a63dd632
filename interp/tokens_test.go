package interp_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/interp/token"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// root returns the key of the n-th authority; that of the own authority is number 0.
func root(t testing.TB, n byte) biscuit.PrivateKey {
	t.Helper()
	k, err := biscuit.NewPrivateKey(datalog.Ed25519, [32]byte{n})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func grant(t testing.TB, holder []byte, names ...string) token.Grant {
	t.Helper()
	p, err := capability.NewProfile("test", names...)
	if err != nil {
		t.Fatal(err)
	}
	return token.Grant{Profile: p, Holder: [32]byte(holder)}
}

func mint(t testing.TB, by biscuit.Signer, g token.Grant) *biscuit.Token {
	t.Helper()
	minted, err := token.Mint(by, g, root(t, 100))
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

func blocks(t testing.TB, encoded []byte) [][]byte {
	t.Helper()
	u, err := biscuit.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return u.RevocationIDs()
}

// authority returns who the n-th key belongs to.
func authority(t testing.TB, n byte) aura.AuthorityID {
	return aura.AuthorityOf([]byte(root(t, n).Public().Bytes))
}

// issue commits a token that was not made by the helpers.
func (h *home) issue(tc task.Context, encoded []byte) {
	h.t.Helper()
	d, err := capability.Issue(own, encoded)
	if err == nil {
		_, err = h.journal.Append(tc, &journal.Entry{Drafts: []fact.Draft{d}})
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) frontier(tc task.Context, c interp.Claim) guard.Frontier {
	h.t.Helper()
	f, err := h.tokens.Frontier(tc, c)
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func TestDeniedTokensHaveATypedReasonAndNoEffect(t *testing.T) {
	ben, cleo := root(t, 2), root(t, 3)
	forBen := mint(t, root(t, 0), grant(t, []byte(ben.Public().Bytes), chatSend))
	delegated := func(g token.Grant) []byte {
		u, err := biscuit.Decode(forBen.Encode())
		if err != nil {
			t.Fatal(err)
		}
		longer, err := token.Delegate(u, ben, g, root(t, 101))
		if err != nil {
			t.Fatal(err)
		}
		return longer.Encode()
	}
	widened, err := forBen.Attenuate(&datalog.Program{Facts: []datalog.Predicate{
		{Name: "right", Terms: []datalog.Term{datalog.NewString(capability.CapRevoke)}},
	}}, root(t, 102))
	if err != nil {
		t.Fatal(err)
	}
	ended := grant(t, []byte(ben.Public().Bytes), chatSend)
	ended.Until = aura.Instant(1_000 * time.Second)
	elsewhere := grant(t, []byte(ben.Public().Bytes), chatSend)
	elsewhere.Context = aura.ContextID{77}
	forCleo := delegated(grant(t, []byte(cleo.Public().Bytes), chatSend))
	for name, c := range map[string]struct {
		token []byte
		by    byte
		ask   string
		want  guard.Reason // zero: allowed
	}{
		"its holder":              {forBen.Encode(), 2, chatSend, 0},
		"the next holder":         {forCleo, 3, chatSend, 0},
		"another root":            {mint(t, ben, grant(t, []byte(ben.Public().Bytes), chatSend)).Encode(), 2, chatSend, guard.OtherRoot},
		"a copy":                  {forBen.Encode(), 3, chatSend, guard.OtherHolder},
		"the giver's copy":        {forCleo, 2, chatSend, guard.OtherHolder},
		"a capability not in it":  {forBen.Encode(), 2, capability.CapRevoke, guard.NotGranted},
		"an undeclared name":      {forBen.Encode(), 2, "chat:everything", guard.NotGranted},
		"a later block's right":   {widened.Encode(), 2, capability.CapRevoke, guard.TooBroad},
		"an end":                  {mint(t, root(t, 0), ended).Encode(), 2, chatSend, guard.Expired},
		"another context":         {mint(t, root(t, 0), elsewhere).Encode(), 2, chatSend, guard.NotGranted},
		"a truncated token":       {forCleo[:len(forCleo)-40], 3, chatSend, guard.Damaged},
		"no token at all":         {[]byte{}, 2, chatSend, guard.Damaged},
		"a token without bound":   {make([]byte, capability.MaxToken+1), 2, chatSend, guard.Damaged},
		"a check without end":     {greedy(t, forBen).Encode(), 2, chatSend, guard.Undecidable},
		"less than was delegated": {delegated(grant(t, []byte(cleo.Public().Bytes), capability.CapRevoke)), 3, capability.CapRevoke, guard.NotGranted},
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, 1, func(tc task.Context, sim *task.Sim) {
				disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
				h := found(t, tc, disk, sim.Entropy("home"), limited(100))
				defer h.close(tc)
				if err := tc.Sleep(time.Hour); err != nil {
					t.Fatal(err)
				}
				before := dump(t, disk)
				req := text(1, aura.AuthorityID{2})
				req.Capability, req.For, req.Token = c.ask, authority(t, c.by), c.token
				_, _, err := h.room.Decide(tc, req)
				if c.want == 0 {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				var denial *guard.Denial
				if !errors.As(err, &denial) || denial.Stage != guard.Capability || denial.Reason != c.want {
					t.Errorf("%v, want the reason %q", err, c.want)
				}
				if diff := cmp.Diff(before, dump(t, disk)); diff != "" || len(h.post.all()) != 0 {
					t.Errorf("the denial left a trace: %s", diff)
				}
			})
		})
	}
}

// greedy returns a token with a check that costs more than any decision may.
func greedy(t *testing.T, from *biscuit.Token) *biscuit.Token {
	p, err := datalog.Parse(`n(1); n(2); n(3); n(4); n(5); n(6); n(7); n(8); n(9); n(10); n(11); n(12);
		check if n($a), n($b), n($c), n($d), n($e), n($f), $a + $b + $c + $d + $e + $f > 1000;`, nil)
	if err != nil {
		t.Fatal(err)
	}
	longer, err := from.Attenuate(p, root(t, 103))
	if err != nil {
		t.Fatal(err)
	}
	return longer
}

func TestATokenPresentedByNobodyIsDenied(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), limited(100))
		defer h.close(tc)
		req := text(1, ben)
		req.Token = []byte{1}
		var denial *guard.Denial
		if _, _, err := h.room.Decide(tc, req); !errors.As(err, &denial) || denial.Reason != guard.Malformed {
			t.Errorf("%v", err)
		}
	})
}

func TestDelegationToADeviceCountsOnThatDeviceAlone(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
		defer h.close(tc)
		here := grant(t, public, chatSend)
		here.Device = device
		there := grant(t, public, capability.CapRevoke)
		there.Device = aura.DeviceID{7}
		h.issue(tc, mint(t, root(t, 0), here).Encode())
		h.issue(tc, mint(t, root(t, 0), there).Encode())
		f := h.frontier(tc, interp.Claim{Authority: own, Now: tc.Now()})
		if diff := cmp.Diff([]string{chatSend}, f.Names()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAnswersAreKeptUntilTheyCouldChange walks through the instants at which an answer may change, with the
// answer of an empty memory as its oracle.
func TestAnswersAreKeptUntilTheyCouldChange(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
		defer h.close(tc)
		timed := mint(t, root(t, 0), grant(t, public, chatSend))
		for _, check := range []string{
			`check if time($t), $t >= 2020-01-01T00:00:10Z, $t != 2020-01-01T00:00:20Z;`,
			`check if time($t), 2020-01-01T00:00:30Z > $t || $t > 2020-01-01T00:00:40Z && !($t === 2020-01-01T00:00:50Z);`,
		} {
			p, err := datalog.Parse(check, nil)
			if err != nil {
				t.Fatal(err)
			}
			if timed, err = timed.Attenuate(p, root(t, 100)); err != nil {
				t.Fatal(err)
			}
		}
		h.issue(tc, timed.Encode())
		start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
		// Forwards, and then back again: a clock may be set.
		for _, half := range append(steps(0, 120, 1), steps(120, 0, -1)...) {
			now := aura.Physical{At: aura.Instant(start) + aura.Instant(half)*aura.Instant(time.Second/2)}
			kept := h.frontier(tc, interp.Claim{Authority: own, Context: pair, Now: now})
			fresh := h.frontier(tc, interp.Claim{Authority: own, Context: pair, Now: now, Token: timed.Encode()})
			second := half / 2
			want := second >= 10 && second != 20 && (second < 30 || second > 40 && second != 50)
			if kept.Allows(chatSend) != want || fresh.Allows(chatSend) != want {
				t.Fatalf("at %d s: kept %t, fresh %t, want %t", second, kept.Allows(chatSend), fresh.Allows(chatSend), want)
			}
		}
	})
}

// TestAnAnswerIsTakenToAnotherContextOnlyWhereItHolds: a token that asks for no context answers for all, one that
// does answers for each, and in what order they are asked changes nothing.
func TestAnAnswerIsTakenToAnotherContextOnlyWhereItHolds(t *testing.T) {
	asks := map[string]string{
		"nothing": `check if subject($s);`,
		"a check": `check if context("` + pair.String() + `");`,
		"a rule":  `here(true) <- context("` + pair.String() + `"); check if here(true);`,
	}
	for name, text := range asks {
		t.Run(name, func(t *testing.T) {
			p, err := datalog.Parse(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			confined, err := mint(t, root(t, 0), grant(t, public, chatSend)).Attenuate(p, root(t, 100))
			if err != nil {
				t.Fatal(err)
			}
			orders := [][]aura.ContextID{{pair, {77}, {}}, {{77}, pair, {}}, {{}, {77}, pair}}
			for _, contexts := range orders {
				simulate(t, 1, func(tc task.Context, sim *task.Sim) {
					h := open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
					defer h.close(tc)
					h.issue(tc, confined.Encode())
					for _, context := range append(contexts, contexts...) {
						f := h.frontier(tc, interp.Claim{Authority: own, Context: context, Now: tc.Now()})
						if want := name == "nothing" || context == pair; f.Allows(chatSend) != want {
							t.Errorf("asked in the order %v, in %s: %t, want %t", contexts, context, !want, want)
						}
					}
				})
			}
		})
	}
}

func steps(from, to, by int) (all []int) {
	for i := from; i != to; i += by {
		all = append(all, i)
	}
	return all
}

func TestATimeThatIsUsedOtherwiseIsAskedEveryTime(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
		defer h.close(tc)
		for i, check := range []string{
			`check if time($t), [2020-01-01T00:00:01Z, 2020-01-01T00:00:03Z].contains($t);`,
			`open(2020-01-01T00:00:01Z); open(2020-01-01T00:00:03Z); check if time($t), open($t);`,
			`open(2020-01-01T00:00:01Z); open(2020-01-01T00:00:03Z); fits(true) <- time($t), open($t); check if fits(true);`,
		} {
			p, err := datalog.Parse(check, nil)
			if err != nil {
				t.Fatal(err)
			}
			odd, err := mint(t, root(t, 0), grant(t, public, chatSend)).Attenuate(p, root(t, 100))
			if err != nil {
				t.Fatal(err)
			}
			start := aura.Instant(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
			for second, want := range []bool{false, true, false, true, false} {
				now := aura.Physical{At: start + aura.Instant(second)*aura.Instant(time.Second)}
				f := h.frontier(tc, interp.Claim{Authority: own, Context: pair, Token: odd.Encode(), Now: now})
				if f.Allows(chatSend) != want {
					t.Errorf("check %d at %d s: %t", i, second, !want)
				}
			}
		}
	})
}

// TestAccountsNameTheBlockAndTheCheck is what "aura guard explain" shows.
func TestAccountsNameTheBlockAndTheCheck(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), limited(100))
		defer h.close(tc)
		claim := interp.Claim{Authority: own, Context: pair, Now: tc.Now()}
		accounts := h.tokens.Explain(claim, chatSend)
		if len(accounts) != 1 || accounts[0].Reason != 0 || accounts[0].Blocks != 1 {
			t.Fatalf("%+v", accounts)
		}
		if got := h.tokens.Explain(claim, capability.CapRevoke)[0]; got.Reason != guard.NotGranted || got.Failed != nil {
			t.Errorf("%+v", got)
		}
		elsewhere := grant(t, public, chatSend)
		elsewhere.Context = aura.ContextID{77}
		claim.Token = mint(t, root(t, 0), elsewhere).Encode()
		got := h.tokens.Explain(claim, chatSend)[0]
		want := []token.Failed{{Block: 0, Check: 1, Text: `check if context("` + elsewhere.Context.String() + `")`}}
		if diff := cmp.Diff(want, got.Failed); diff != "" || got.Reason != guard.NotGranted {
			t.Errorf("%v %s", got.Reason, diff)
		}
	})
}

// BenchmarkFrontier measures what a decision pays for its capabilities: when they are remembered, and when
// the token is asked again for every declared name.
func BenchmarkFrontier(b *testing.B) {
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		h := found(b, tc, journal.NewFaulty(new(stream), journal.Faults{}), new(stream), limited(100))
		defer h.close(tc)
		claim := interp.Claim{Authority: own, Context: pair, Now: tc.Now()}
		b.Run("kept", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if f, _ := h.tokens.Frontier(tc, claim); !f.Allows(chatSend) {
					b.Fatal("denied")
				}
			}
		})
		b.Run("asked", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.tokens.Committed([]fact.Record{forget})
				if f, _ := h.tokens.Frontier(tc, claim); !f.Allows(chatSend) {
					b.Fatal("denied")
				}
			}
		})
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// forget is a fact after which everything is asked anew: the revocation of a block that nobody has.
var forget = func() fact.Record {
	payload, err := fact.Marshal(capability.Revoked{Blocks: [][]byte{{1}}})
	if err != nil {
		panic(err)
	}
	return fact.Record{Fact: fact.Fact{
		Namespace: fact.OwnNamespace(own), Kind: capability.KindRevoked, Author: own, Payload: payload,
	}}
}()

// TestTokensGoOnFromTheirCheckpoint: when enough tokens came, a checkpoint of them is due, and an agent that starts
// from it permits and refuses the same.
func TestTokensGoOnFromTheirCheckpoint(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := found(t, tc, disk, sim.Entropy("home"), limited(100))
		if due, err := h.tokens.Due(); err != nil || len(due) > 0 {
			t.Fatalf("%d checkpoints are due of one token, %v", len(due), err)
		}
		const read = "chat:read"
		for i := range byte(100) {
			h.issue(tc, mint(t, root(t, 0), grant(t, []byte(root(t, 100+i).Public().Bytes), read)).Encode())
		}
		due, err := h.tokens.Due()
		if err != nil || len(due) != 1 {
			t.Fatalf("%d checkpoints are due of a hundred tokens, %v", len(due), err)
		}
		if again, err := h.tokens.Due(); err != nil || len(again) > 0 {
			t.Errorf("%d checkpoints are due again, %v", len(again), err)
		}
		if _, err := h.journal.Append(tc, &journal.Entry{Checkpoints: due}); err != nil {
			t.Fatal(err)
		}
		ask := func(h *home) (allowed [2]bool) {
			f := h.frontier(tc, interp.Claim{Authority: own, Context: pair, Now: tc.Now()})
			return [2]bool{f.Allows(chatSend), f.Allows(capability.CapRevoke)}
		}
		want, saved := ask(h), save(t, h)
		h.close(tc)
		h = open(t, tc, disk.Crash(), sim.Entropy("home"))
		defer h.close(tc)
		if got := ask(h); got != want || got != [2]bool{true, false} {
			t.Errorf("allowed is %v, was %v", got, want)
		}
		if diff := cmp.Diff(saved, save(t, h)); diff != "" {
			t.Error(diff)
		}
	})
}

func save(t *testing.T, h *home) []byte {
	t.Helper()
	state, err := h.tokens.Save()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestWhatWasIssuedIsAskedAgain: every start asks, and asking changes nothing.
func TestWhatWasIssuedIsAskedAgain(t *testing.T) {
	simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), limited(100))
		defer h.close(tc)
		first := h.tokens.Issued(tc.Now())
		if len(first) == 0 {
			t.Fatal("the own authority permits itself nothing")
		}
		if diff := cmp.Diff(first, h.tokens.Issued(tc.Now())); diff != "" {
			t.Error(diff)
		}
	})
}
