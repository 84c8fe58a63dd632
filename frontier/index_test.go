package frontier_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/chain/chaintest"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// authority returns who the n-th key belongs to.
func authority(t testing.TB, n byte) aura.AuthorityID {
	return aura.AuthorityOf([]byte(chaintest.Root(t, n).Public().Bytes))
}

// issue commits a token that was not made by the helpers.
func issue(t testing.TB, tc task.Context, h *chaintest.Home, encoded []byte) {
	t.Helper()
	d, err := capability.Issue(chaintest.Own, encoded)
	if err == nil {
		_, err = h.Journal.Append(tc, &journal.Entry{Drafts: []fact.Draft{d}})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func ask(t testing.TB, tc task.Context, h *chaintest.Home, c frontier.Claim) guard.Frontier {
	t.Helper()
	f, err := h.Frontier.Frontier(tc, c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDeniedTokensHaveATypedReasonAndNoEffect(t *testing.T) {
	ben, cleo := chaintest.Root(t, 2), chaintest.Root(t, 3)
	forBen := chaintest.Mint(t, chaintest.Root(t, 0), chaintest.Grant(t, []byte(ben.Public().Bytes), chaintest.CapSend))
	delegated := func(g token.Grant) []byte {
		u, err := biscuit.Decode(forBen.Encode())
		if err != nil {
			t.Fatal(err)
		}
		longer, err := token.Delegate(u, ben, g, chaintest.Root(t, 101))
		if err != nil {
			t.Fatal(err)
		}
		return longer.Encode()
	}
	widened, err := forBen.Attenuate(&datalog.Program{Facts: []datalog.Predicate{
		{Name: "right", Terms: []datalog.Term{datalog.NewString(capability.CapRevoke)}},
	}}, chaintest.Root(t, 102))
	if err != nil {
		t.Fatal(err)
	}
	ended := chaintest.Grant(t, []byte(ben.Public().Bytes), chaintest.CapSend)
	ended.Until = aura.Instant(1_000 * time.Second)
	elsewhere := chaintest.Grant(t, []byte(ben.Public().Bytes), chaintest.CapSend)
	elsewhere.Context = aura.ContextID{77}
	forCleo := delegated(chaintest.Grant(t, []byte(cleo.Public().Bytes), chaintest.CapSend))
	for name, c := range map[string]struct {
		token []byte
		by    byte
		ask   string
		want  guard.Reason // zero: allowed
	}{
		"its holder":              {forBen.Encode(), 2, chaintest.CapSend, 0},
		"the next holder":         {forCleo, 3, chaintest.CapSend, 0},
		"another root":            {chaintest.Mint(t, ben, chaintest.Grant(t, []byte(ben.Public().Bytes), chaintest.CapSend)).Encode(), 2, chaintest.CapSend, guard.ReasonOtherRoot},
		"a copy":                  {forBen.Encode(), 3, chaintest.CapSend, guard.ReasonOtherHolder},
		"the giver's copy":        {forCleo, 2, chaintest.CapSend, guard.ReasonOtherHolder},
		"a capability not in it":  {forBen.Encode(), 2, capability.CapRevoke, guard.ReasonNotGranted},
		"an undeclared name":      {forBen.Encode(), 2, "chat:everything", guard.ReasonNotGranted},
		"a later block's right":   {widened.Encode(), 2, capability.CapRevoke, guard.ReasonTooBroad},
		"an end":                  {chaintest.Mint(t, chaintest.Root(t, 0), ended).Encode(), 2, chaintest.CapSend, guard.ReasonExpired},
		"another context":         {chaintest.Mint(t, chaintest.Root(t, 0), elsewhere).Encode(), 2, chaintest.CapSend, guard.ReasonNotGranted},
		"a truncated token":       {forCleo[:len(forCleo)-40], 3, chaintest.CapSend, guard.ReasonDamaged},
		"no token at all":         {[]byte{}, 2, chaintest.CapSend, guard.ReasonDamaged},
		"a token without bound":   {make([]byte, capability.MaxToken+1), 2, chaintest.CapSend, guard.ReasonDamaged},
		"a check without end":     {greedy(t, forBen).Encode(), 2, chaintest.CapSend, guard.ReasonUndecidable},
		"less than was delegated": {delegated(chaintest.Grant(t, []byte(cleo.Public().Bytes), capability.CapRevoke)), 3, capability.CapRevoke, guard.ReasonNotGranted},
	} {
		t.Run(name, func(t *testing.T) {
			chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
				disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
				h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(100))
				defer h.Close(tc)
				if err := tc.Sleep(time.Hour); err != nil {
					t.Fatal(err)
				}
				before := chaintest.Dump(t, disk)
				req := chaintest.Text(1, aura.AuthorityID{2})
				req.Capability, req.For, req.Token = c.ask, authority(t, c.by), c.token
				_, _, err := h.Chain.Decide(tc, req)
				if c.want == 0 {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				var denial *guard.Denial
				if !errors.As(err, &denial) || denial.Stage != guard.StageCapability || denial.Reason != c.want {
					t.Errorf("%v, want the reason %q", err, c.want)
				}
				if diff := cmp.Diff(before, chaintest.Dump(t, disk)); diff != "" || len(h.Outbox.All()) != 0 {
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
	longer, err := from.Attenuate(p, chaintest.Root(t, 103))
	if err != nil {
		t.Fatal(err)
	}
	return longer
}

func TestATokenPresentedByNobodyIsDenied(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(100))
		defer h.Close(tc)
		req := chaintest.Text(1, chaintest.Ben)
		req.Token = []byte{1}
		var denial *guard.Denial
		if _, _, err := h.Chain.Decide(tc, req); !errors.As(err, &denial) || denial.Reason != guard.ReasonMalformed {
			t.Errorf("%v", err)
		}
	})
}

func TestDelegationToADeviceCountsOnThatDeviceAlone(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
		defer h.Close(tc)
		here := chaintest.Grant(t, chaintest.Public, chaintest.CapSend)
		here.Device = chaintest.Device
		there := chaintest.Grant(t, chaintest.Public, capability.CapRevoke)
		there.Device = aura.DeviceID{7}
		issue(t, tc, h, chaintest.Mint(t, chaintest.Root(t, 0), here).Encode())
		issue(t, tc, h, chaintest.Mint(t, chaintest.Root(t, 0), there).Encode())
		f := ask(t, tc, h, frontier.Claim{Authority: chaintest.Own, Now: tc.Now()})
		if diff := cmp.Diff([]string{chaintest.CapSend}, f.Names()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAnswersAreKeptUntilTheyCouldChange walks through the instants at which an answer may change, with the
// answer of an empty memory as its oracle.
func TestAnswersAreKeptUntilTheyCouldChange(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
		defer h.Close(tc)
		timed := chaintest.Mint(t, chaintest.Root(t, 0), chaintest.Grant(t, chaintest.Public, chaintest.CapSend))
		for _, check := range []string{
			`check if time($t), $t >= 2020-01-01T00:00:10Z, $t != 2020-01-01T00:00:20Z;`,
			`check if time($t), 2020-01-01T00:00:30Z > $t || $t > 2020-01-01T00:00:40Z && !($t === 2020-01-01T00:00:50Z);`,
		} {
			p, err := datalog.Parse(check, nil)
			if err != nil {
				t.Fatal(err)
			}
			if timed, err = timed.Attenuate(p, chaintest.Root(t, 100)); err != nil {
				t.Fatal(err)
			}
		}
		issue(t, tc, h, timed.Encode())
		start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
		// Forwards, and then back again: a clock may be set.
		for _, half := range append(steps(0, 120, 1), steps(120, 0, -1)...) {
			now := aura.Physical{At: aura.Instant(start) + aura.Instant(half)*aura.Instant(time.Second/2)}
			kept := ask(t, tc, h, frontier.Claim{Authority: chaintest.Own, Context: chaintest.Pair, Now: now})
			fresh := ask(t, tc, h, frontier.Claim{Authority: chaintest.Own, Context: chaintest.Pair, Now: now, Token: timed.Encode()})
			second := half / 2
			want := second >= 10 && second != 20 && (second < 30 || second > 40 && second != 50)
			if kept.Allows(chaintest.CapSend) != want || fresh.Allows(chaintest.CapSend) != want {
				t.Fatalf("at %d s: kept %t, fresh %t, want %t", second, kept.Allows(chaintest.CapSend), fresh.Allows(chaintest.CapSend), want)
			}
		}
	})
}

// TestAnAnswerIsTakenToAnotherContextOnlyWhereItHolds: a token that asks for no context answers for all, one that
// does answers for each, and in what order they are asked changes nothing.
func TestAnAnswerIsTakenToAnotherContextOnlyWhereItHolds(t *testing.T) {
	asks := map[string]string{
		"nothing": `check if subject($s);`,
		"a check": `check if context("` + chaintest.Pair.String() + `");`,
		"a rule":  `here(true) <- context("` + chaintest.Pair.String() + `"); check if here(true);`,
	}
	for name, text := range asks {
		t.Run(name, func(t *testing.T) {
			p, err := datalog.Parse(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			confined, err := chaintest.Mint(t, chaintest.Root(t, 0), chaintest.Grant(t, chaintest.Public, chaintest.CapSend)).Attenuate(p, chaintest.Root(t, 100))
			if err != nil {
				t.Fatal(err)
			}
			orders := [][]aura.ContextID{{chaintest.Pair, {77}, {}}, {{77}, chaintest.Pair, {}}, {{}, {77}, chaintest.Pair}}
			for _, contexts := range orders {
				chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
					h := chaintest.Open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
					defer h.Close(tc)
					issue(t, tc, h, confined.Encode())
					for _, context := range append(contexts, contexts...) {
						f := ask(t, tc, h, frontier.Claim{Authority: chaintest.Own, Context: context, Now: tc.Now()})
						if want := name == "nothing" || context == chaintest.Pair; f.Allows(chaintest.CapSend) != want {
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
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Open(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"))
		defer h.Close(tc)
		for i, check := range []string{
			`check if time($t), [2020-01-01T00:00:01Z, 2020-01-01T00:00:03Z].contains($t);`,
			`open(2020-01-01T00:00:01Z); open(2020-01-01T00:00:03Z); check if time($t), open($t);`,
			`open(2020-01-01T00:00:01Z); open(2020-01-01T00:00:03Z); fits(true) <- time($t), open($t); check if fits(true);`,
		} {
			p, err := datalog.Parse(check, nil)
			if err != nil {
				t.Fatal(err)
			}
			odd, err := chaintest.Mint(t, chaintest.Root(t, 0), chaintest.Grant(t, chaintest.Public, chaintest.CapSend)).Attenuate(p, chaintest.Root(t, 100))
			if err != nil {
				t.Fatal(err)
			}
			start := aura.Instant(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
			for second, want := range []bool{false, true, false, true, false} {
				now := aura.Physical{At: start + aura.Instant(second)*aura.Instant(time.Second)}
				f := ask(t, tc, h, frontier.Claim{Authority: chaintest.Own, Context: chaintest.Pair, Token: odd.Encode(), Now: now})
				if f.Allows(chaintest.CapSend) != want {
					t.Errorf("check %d at %d s: %t", i, second, !want)
				}
			}
		}
	})
}

// TestAnExplanationNamesTheBlockAndTheCheck is what "aura guard explain" shows.
func TestAnExplanationNamesTheBlockAndTheCheck(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(100))
		defer h.Close(tc)
		claim := frontier.Claim{Authority: chaintest.Own, Context: chaintest.Pair, Now: tc.Now()}
		answers := h.Frontier.Explain(claim, chaintest.CapSend)
		if len(answers) != 1 || answers[0].Reason != "" || answers[0].Blocks != 1 {
			t.Fatalf("%+v", answers)
		}
		if got := h.Frontier.Explain(claim, capability.CapRevoke)[0]; got.Reason != guard.ReasonNotGranted.String() || got.Failed != nil {
			t.Errorf("%+v", got)
		}
		elsewhere := chaintest.Grant(t, chaintest.Public, chaintest.CapSend)
		elsewhere.Context = aura.ContextID{77}
		claim.Token = chaintest.Mint(t, chaintest.Root(t, 0), elsewhere).Encode()
		got := h.Frontier.Explain(claim, chaintest.CapSend)[0]
		want := []capability.FailedCheck{{Block: 0, Check: 1, Text: `check if context("` + elsewhere.Context.String() + `")`}}
		if diff := cmp.Diff(want, got.Failed); diff != "" || got.Reason != guard.ReasonNotGranted.String() {
			t.Errorf("%v %s", got.Reason, diff)
		}
	})
}

// BenchmarkFrontier measures what a decision pays for its capabilities: when they are remembered, and when
// the token is asked again for every declared name.
func BenchmarkFrontier(b *testing.B) {
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		h := chaintest.Found(b, tc, journal.NewFaulty(new(chaintest.Entropy), journal.Faults{}), new(chaintest.Entropy), chaintest.Limited(100))
		defer h.Close(tc)
		claim := frontier.Claim{Authority: chaintest.Own, Context: chaintest.Pair, Now: tc.Now()}
		b.Run("kept", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if f, _ := h.Frontier.Frontier(tc, claim); !f.Allows(chaintest.CapSend) {
					b.Fatal("denied")
				}
			}
		})
		b.Run("asked", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Frontier.Committed([]fact.Record{forget})
				if f, _ := h.Frontier.Frontier(tc, claim); !f.Allows(chaintest.CapSend) {
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

// shares answers as a roster does, and counts how often it is asked.
type shares struct {
	turn  uint64
	asked int
	share func(device aura.DeviceID, began, now aura.Instant) uint32
}

func (s *shares) Share(device aura.DeviceID, began, now aura.Instant) uint32 {
	s.asked++
	return s.share(device, began, now)
}

func (s *shares) Turn() uint64 { return s.turn }

// TestADeviceWithSiblingsSpendsItsShare: without a roster the device has every budget whole. With one it has its part in
// the epoch in which it spends, and a new roster counts at once.
func TestADeviceWithSiblingsSpendsItsShare(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(40))
		defer h.Close(tc)
		spend := func() (units int) {
			for {
				switch _, _, err := h.Chain.Decide(tc, chaintest.Text(1, chaintest.Ben)); {
				case err == nil:
					units++
				case errors.Is(err, aura.Denied):
					return units
				default:
					t.Fatal(err)
				}
			}
		}
		began := guard.EpochBegan(chaintest.Limited(40), guard.EpochAt(chaintest.Limited(40), tc.Now()))
		units := uint32(0)
		roster := &shares{share: func(device aura.DeviceID, at, now aura.Instant) uint32 {
			if device != chaintest.Device || at != began || now != tc.Now().At {
				t.Errorf("asked for the share of %v in an epoch that began at %d, at %d", device, at, now)
			}
			return units * uint32(guard.WholeShare) / 40
		}}
		h.Frontier.SetShares(roster)
		for _, c := range []struct {
			share uint32
			want  int
		}{{10, 10}, {25, 15}, {5, 0}, {25, 0}} {
			units = c.share
			roster.turn, roster.asked = roster.turn+1, 0
			if got := spend(); got != c.want || roster.asked != 1 {
				t.Errorf("with a share of %d units, %d more were spent, want %d; the roster was asked %d times", c.share, got, c.want, roster.asked)
			}
		}
		h.Frontier.SetShares(nil)
		if got := spend(); got != 15 {
			t.Errorf("alone, %d more were spent, want 15", got)
		}
	})
}

// forget is a fact after which everything is asked anew: the revocation of a block that no token has.
var forget = func() fact.Record {
	payload, err := fact.Marshal(capability.Revoked{Blocks: [][]byte{{1}}})
	if err != nil {
		panic(err)
	}
	return fact.Record{Fact: fact.Fact{
		Namespace: fact.OwnNamespace(chaintest.Own), Kind: capability.KindRevoked, Author: chaintest.Own, Payload: payload,
	}}
}()

// TestTokensGoOnFromTheirCheckpoint: when enough tokens came, a checkpoint of them is due, and an agent that starts
// from it permits and refuses the same.
func TestTokensGoOnFromTheirCheckpoint(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		disk := journal.NewFaulty(sim.Entropy("disk"), journal.Faults{})
		h := chaintest.Found(t, tc, disk, sim.Entropy("home"), chaintest.Limited(100))
		if due, err := h.Frontier.Due(); err != nil || len(due) > 0 {
			t.Fatalf("%d checkpoints are due of one token, %v", len(due), err)
		}
		const read = "chat:read"
		for i := range byte(100) {
			issue(t, tc, h, chaintest.Mint(t, chaintest.Root(t, 0), chaintest.Grant(t, []byte(chaintest.Root(t, 100+i).Public().Bytes), read)).Encode())
		}
		due, err := h.Frontier.Due()
		if err != nil || len(due) != 1 {
			t.Fatalf("%d checkpoints are due of a hundred tokens, %v", len(due), err)
		}
		if again, err := h.Frontier.Due(); err != nil || len(again) > 0 {
			t.Errorf("%d checkpoints are due again, %v", len(again), err)
		}
		if _, err := h.Journal.Append(tc, &journal.Entry{Checkpoints: due}); err != nil {
			t.Fatal(err)
		}
		ask := func(h *chaintest.Home) (allowed [2]bool) {
			f := ask(t, tc, h, frontier.Claim{Authority: chaintest.Own, Context: chaintest.Pair, Now: tc.Now()})
			return [2]bool{f.Allows(chaintest.CapSend), f.Allows(capability.CapRevoke)}
		}
		want, saved := ask(h), save(t, h)
		h.Close(tc)
		h = chaintest.Open(t, tc, disk.Crash(), sim.Entropy("home"))
		defer h.Close(tc)
		if got := ask(h); got != want || got != [2]bool{true, false} {
			t.Errorf("allowed is %v, was %v", got, want)
		}
		if diff := cmp.Diff(saved, save(t, h)); diff != "" {
			t.Error(diff)
		}
	})
}

func save(t *testing.T, h *chaintest.Home) []byte {
	t.Helper()
	state, err := h.Frontier.Save()
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// TestWhatWasIssuedIsAskedAgain: every start asks, and asking changes nothing.
func TestWhatWasIssuedIsAskedAgain(t *testing.T) {
	chaintest.Simulate(t, 1, func(tc task.Context, sim *task.Sim) {
		h := chaintest.Found(t, tc, journal.NewFaulty(sim.Entropy("disk"), journal.Faults{}), sim.Entropy("home"), chaintest.Limited(100))
		defer h.Close(tc)
		first := h.Frontier.Issued(tc.Now())
		if len(first) == 0 {
			t.Fatal("the chaintest.Own authority permits itself nothing")
		}
		if diff := cmp.Diff(first, h.Frontier.Issued(tc.Now())); diff != "" {
			t.Error(diff)
		}
	})
}
