package service_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/service"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
)

// TestEveryMessageIsInTheTable: each message of the two protocols has one row, and each row is either charged
// under a capability that a domain declares, or says by which decision it is covered.
func TestEveryMessageIsInTheTable(t *testing.T) {
	numbers := map[string]bool{}
	file, err := parser.ParseFile(token.NewFileSet(), "messages.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "message") {
			numbers[spec.Values[0].(*ast.BasicLit).Value] = true
		}
		return true
	})
	fields := map[string]bool{}
	for f := range reflect.TypeFor[invite.Message]().Fields() {
		fields[f.Name] = true
	}
	if len(numbers) < 4 || len(fields) < 4 {
		t.Fatalf("found the messages %v and %v", numbers, fields)
	}
	declared := slices.Concat(delivery.Domain().Capabilities, invite.Domain().Capabilities)
	kinds := map[string]bool{}
	for _, row := range service.Outgoings() {
		if kinds[row.Kind] || row.Why == "" {
			t.Errorf("%q has two rows, or no reason", row.Kind)
		}
		kinds[row.Kind] = true
		switch number := strconv.Itoa(int(row.Message)); {
		case row.Message != 0 && !numbers[number], row.Exchange != "" && !fields[row.Exchange]:
			t.Errorf("%q stands for message %d %s: there is none, or it has a row", row.Kind, row.Message, row.Exchange)
		default:
			delete(numbers, number)
			delete(fields, row.Exchange)
		}
		switch {
		case row.Covered == "":
			if row.Cost == nil || row.Leak == nil || row.Cost(0) == 0 || row.Leak(0) == (guard.Leakage{}) {
				t.Errorf("%q costs or tells nothing", row.Kind)
			}
			if !slices.Contains(declared, row.Capability) || !service.IsControl(row.Capability) {
				t.Errorf("%q needs the capability %q, which no domain declares", row.Kind, row.Capability)
			}
		case row.Capability != "" || !strings.Contains(row.Covered, "receipt"):
			t.Errorf("%q is covered by %q: name the receipt, and no capability", row.Kind, row.Covered)
		case row.Kind != "facts" && row.Kind != "acknowledgement":
			t.Errorf("%q is covered: only facts that are paid for and acknowledgements are", row.Kind)
		}
	}
	if len(numbers)+len(fields) > 0 {
		t.Errorf("no row for the messages %v and %v", numbers, fields)
	}
}

// TestNothingElseSends: outside of the transport, only post sends on a channel and only dial opens one, and
// both take a pass. A contact is asked to relay after the same. Only the guard and a receipt make a pass.
func TestNothingElseSends(t *testing.T) {
	allowed := map[string]string{
		"service/outgoing.go post": "Send", "service/outgoing.go dial": "Dial", "service/reach.go reserve": "Reserve",
		"service/outgoing.go covered": "pass", "service/outgoing.go chargeWith": "pass",
	}
	found := map[string]string{}
	for dir, files := range sources(t, "..") {
		if dir == "transport" || strings.HasPrefix(dir, "transport/") {
			continue
		}
		channels, openers := namesOf(files, "Channel"), namesOf(files, "Hub")
		for name := range namesOf(files, "Channels") {
			openers[name] = true
		}
		for file, parsed := range files {
			for _, decl := range parsed.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				used := false
				ast.Inspect(f, func(n ast.Node) bool {
					if made, ok := n.(*ast.CompositeLit); ok && dir == "service" && made.Type != nil && lastName(made.Type) == "pass" {
						at := file + " " + f.Name.Name
						if found[at] = "pass"; allowed[at] != "pass" {
							t.Errorf("%s makes a pass: have the guard make it, or name the receipt that covers the message", at)
						}
					}
					call, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					method, ok := call.Fun.(*ast.SelectorExpr)
					if !ok {
						return true
					}
					on := lastName(method.X)
					used = used || method.Sel.Name == "use"
					switch {
					case method.Sel.Name == "Send" && channels[on], method.Sel.Name == "Dial" && openers[on],
						method.Sel.Name == "Reserve" && on == "relays":
						at := file + " " + f.Name.Name
						found[at] = method.Sel.Name
						if allowed[at] != method.Sel.Name || !used {
							t.Errorf("%s calls %s.%s without a pass: use post or dial of package service", at, on, method.Sel.Name)
						}
					}
					return true
				})
			}
		}
	}
	// The channels of the agent's assembly hand a dial on to the hub.
	delete(found, "agent/port.go Dial")
	if diff := cmp.Diff(allowed, found); diff != "" {
		t.Errorf("the places that send: %s", diff)
	}
}

// TestTheTransportSendsItselfOnlyTheHandshake: beside the cells of channels, whose content passed post, the transport
// sends the opening that dial paid for and the one cell that answers an opening.
func TestTheTransportSendsItselfOnlyTheHandshake(t *testing.T) {
	var found []string
	for file, parsed := range sources(t, "../transport")["."] {
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if m, ok := call.Fun.(*ast.SelectorExpr); ok && m.Sel.Name == "Send" && lastName(m.X) == "link" {
						found = append(found, file+" "+f.Name.Name)
					}
				}
				return true
			})
		}
	}
	slices.Sort(found)
	want := []string{"answer.go look", "answer.go proof", "answer.go proof", "channel.go write", "dial.go exchange"}
	if !slices.Equal(found, want) {
		t.Errorf("links are written to by %q, want %q: say in decision 14 what covers a new one", found, want)
	}
}

// sources parses the production files of a module by folder and path.
func sources(t *testing.T, root string) map[string]map[string]*ast.File {
	t.Helper()
	all := map[string]map[string]*ast.File{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if err != nil {
			return err
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if all[path.Dir(rel)] == nil {
			all[path.Dir(rel)] = map[string]*ast.File{}
		}
		all[path.Dir(rel)][rel] = parsed
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// namesOf returns the names of fields, parameters, results and variables of a package whose type mentions
// transport.X or X, and of those that are assigned from a function which returns one.
func namesOf(files map[string]*ast.File, typ string) map[string]bool {
	names := map[string]bool{}
	makers := map[string]bool{}
	is := func(e ast.Expr) bool {
		if star, ok := e.(*ast.StarExpr); ok {
			e = star.X
		}
		return lastName(e) == typ
	}
	for range 2 { // makers first
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Field:
					for _, name := range n.Names {
						if is(n.Type) {
							names[name.Name] = true
						}
					}
				case *ast.ValueSpec:
					for _, name := range n.Names {
						if n.Type != nil && is(n.Type) {
							names[name.Name] = true
						}
					}
				case *ast.FuncDecl:
					if n.Type.Results != nil && len(n.Type.Results.List) > 0 && is(n.Type.Results.List[0].Type) {
						makers[n.Name.Name] = true
					}
				case *ast.AssignStmt:
					call, ok := n.Rhs[0].(*ast.CallExpr)
					if ok && (makers[lastName(call.Fun)] || typ == "Channel" && (lastName(call.Fun) == "Dial" || lastName(call.Fun) == "Accept")) {
						names[lastName(n.Lhs[0])] = true
					}
				}
				return true
			})
		}
	}
	return names
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// ledger is what a person's decisions were charged, by capability.
type ledger struct {
	interp.Interpreter
	spent map[string]uint64
	told  map[string]uint64 // bits to external observers
}

func (l *ledger) Execute(tc task.Context, d *interp.Decision) (effect.Result, error) {
	r, err := l.Interpreter.Execute(tc, d)
	for _, c := range d.Commands {
		switch {
		case err != nil:
		case c.Kind == effect.ChargeBudget:
			l.spent[d.Request.Capability] += uint64(c.Amount)
		case c.Kind == effect.RecordLeakage && c.Observer == fact.External:
			l.told[d.Request.Capability] += uint64(c.Bits)
		}
	}
	return r, err
}

// watched notes what a person's decisions cost.
func (p *person) watched() *ledger {
	l := &ledger{spent: map[string]uint64{}, told: map[string]uint64{}}
	p.wrap = func(i interp.Interpreter) interp.Interpreter {
		l.Interpreter = i
		return l
	}
	return l
}

// control returns the ledger entry that pays for control messages of a context.
func (p *person) control(context aura.ContextID, peer aura.AuthorityID) fact.Charge {
	r := guard.Request{Context: context, Sends: []guard.Send{{Control: true}}}
	return p.agent.Journal().Charge(r.Budget(), peer)
}

// drain uses up the budget of control messages of this epoch.
func (p *person) drain(tc task.Context, context aura.ContextID, peer aura.AuthorityID, policy guard.Policy) {
	p.Helper()
	c := p.control(context, peer)
	c.Epoch, c.Spent = guard.EpochAt(policy, tc.Now()), guard.ControlLimit
	if _, err := p.agent.Journal().Append(tc, &journal.Entry{Charges: []fact.Charge{c}}); err != nil {
		p.Fatal(err)
	}
}

func TestMeetingIsPaidFor(t *testing.T) {
	inWorlds(t, 5, func(tc task.Context, u *universe) {
		ada, ben := u.account(tc, "Ada"), u.account(tc, "Ben")
		adas, bens := ada.watched(), ben.watched()
		ada.start(tc)
		ben.start(tc)
		var code invite.CreateResult
		ada.must(tc, invite.IntentCreate, invite.CreateIntent{}, &code)
		ben.must(tc, invite.IntentAccept, invite.CodeIntent{Code: code.Code}, nil)
		u.until(tc, "greetings", time.Minute, func() bool { return adas.spent[delivery.CapHello]*bens.spent[delivery.CapHello] > 0 })
		for who, l := range map[string]*ledger{invite.CapAnswer: adas, invite.CapAccept: bens, delivery.CapHello: adas} {
			if l.spent[who] == 0 || l.told[who] == 0 {
				t.Errorf("seed %d: %s cost %d units and told %d bits", u.seed, who, l.spent[who], l.told[who])
			}
		}
		if adas.spent[delivery.CapLink]+bens.spent[delivery.CapLink] == 0 {
			t.Errorf("seed %d: nobody paid for the channel", u.seed)
		}
		if adas.spent[invite.CapCreate]+adas.told[invite.CapCreate] != 0 {
			t.Errorf("seed %d: the answer was paid for as an invitation", u.seed)
		}
		// The invitation has a budget of its own.
		invitation := aura.ContextID(code.ID)
		if got := ada.control(invitation, aura.AuthorityID{}).Spent; got == 0 || got != adas.spent[invite.CapAnswer] {
			t.Errorf("seed %d: the invitation's budget paid %d of %d", u.seed, got, adas.spent[invite.CapAnswer])
		}
	})
}

// TestAnIdleContactStaysWithinItsBudget: a day with an idle contact, and a day with an absent one, never take
// more than a quarter of an epoch's control budget, and nothing of that for facts.
func TestAnIdleContactStaysWithinItsBudget(t *testing.T) {
	inWorlds(t, 2, func(tc task.Context, u *universe) {
		ada, ben := u.person(tc, "Ada"), u.person(tc, "Ben")
		context := u.meet(tc, ada, ben)
		facts := ada.spent(context, ben)
		day := func(what string) {
			for range 24 {
				u.sleep(tc, time.Hour)
				if got := ada.control(context, ben.self()).Spent; got > guard.ControlLimit/4 {
					t.Errorf("seed %d: %s: %d units in an hour", u.seed, what, got)
				}
			}
		}
		day("idle")
		ben.stop(tc)
		day("absent")
		if got := ada.spent(context, ben); got != facts {
			t.Errorf("seed %d: the budget of facts went from %d to %d", u.seed, facts, got)
		}
	})
}

// TestALinkWithoutBudgetSaysSoAndGoesOn: with the control budget used up nothing is opened or greeted, the
// reason is shown, and the turn of the epoch ends it.
func TestALinkWithoutBudgetSaysSoAndGoesOn(t *testing.T) {
	inWorlds(t, 4, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(100, shortEpoch))
		ben := u.person(tc, "Ben", limited(100, shortEpoch))
		context := u.meet(tc, ada, ben)
		ben.stop(tc)
		u.beginEpoch(tc)
		policy := guard.DefaultPolicy()
		policy.EpochLength = shortEpoch
		ada.drain(tc, context, ben.self(), policy)
		ada.say(tc, context, "hi")
		ben.start(tc)
		const short = "waiting: budget for control messages of this epoch is used up"
		u.until(tc, "the reason", 2*time.Minute, func() bool { return ada.states(tc, context)[short] == 1 })
		u.sleep(tc, 2*time.Minute)
		if got := ben.texts(tc, context, ada); len(got) != 0 {
			t.Errorf("seed %d: Ben has %v although nothing could be greeted", u.seed, got)
		}
		u.beginEpoch(tc)
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
	})
}

// TestAddressesWithoutBudgetDoNotEndAConversation: they are told when the epoch turns.
func TestAddressesWithoutBudgetDoNotEndAConversation(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada := u.person(tc, "Ada", limited(100, shortEpoch))
		ben := u.person(tc, "Ben", limited(100, shortEpoch))
		context := u.meet(tc, ada, ben)
		u.sleep(tc, time.Minute)
		u.beginEpoch(tc)
		policy := guard.DefaultPolicy()
		policy.EpochLength = shortEpoch
		ada.drain(tc, context, ben.self(), policy)
		const moved = "/ip4/192.0.2.77/udp/4001/quic-v1"
		knows := func() bool { return slices.Contains(ben.look(tc).contacts.Addresses(context), moved) }
		ada.network.Move(transport.Address(moved))
		ada.say(tc, context, "hi")
		u.until(tc, "delivery", time.Minute, func() bool { return ada.states(tc, context)["delivered"] == 1 })
		u.sleep(tc, 2*time.Minute)
		if knows() {
			t.Errorf("seed %d: an address was told without a budget", u.seed)
		}
		u.beginEpoch(tc)
		u.until(tc, "the address", time.Minute, knows)
	})
}

// TestNobodyIsAnsweredForNothing: an acknowledgement rests on a receipt, so a contact that pays for nothing
// gets none, and the conversation goes on.
func TestNobodyIsAnsweredForNothing(t *testing.T) {
	inWorlds(t, 3, func(tc task.Context, u *universe) {
		ada, mallory := u.person(tc, "Ada"), u.person(tc, "Mallory")
		context := u.meet(tc, ada, mallory)
		mallory.say(tc, context, "one")
		u.until(tc, "delivery", time.Minute, func() bool { return mallory.states(tc, context)["delivered"] == 1 })
		m := mallory.corrupt(tc, ada, context)
		m.dial(tc)
		m.hello(tc)
		for range 50 {
			m.send(tc, wireDeliverNumber, wireDeliver{})
		}
		m.deliver(tc, keep, keep)
		if got, ok := m.acked(tc); !ok || got != 2 {
			t.Errorf("seed %d: the first answer acknowledges through %d, %t", u.seed, got, ok)
		}
		m.hangUp(tc)
	})
}
