package egress_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/guard"
)

// TestEveryMessageIsInTheTable: each message of the two protocols has one row, and each row is either charged
// under a capability that a domain declares, or says by which decision it is covered.
func TestEveryMessageIsInTheTable(t *testing.T) {
	numbers := constants(t, "Number")
	if len(numbers) < 4 {
		t.Fatalf("found the messages %v", numbers)
	}
	var declared []string
	for _, c := range slices.Concat(delivery.Module().Capabilities, invite.Module().Capabilities, enrol.Module().Capabilities) {
		declared = append(declared, c.Name)
	}
	kinds, told := map[egress.Kind]bool{}, map[string]bool{}
	for _, row := range egress.Table() {
		if kinds[row.Kind] || row.Why == "" {
			t.Errorf("%q has two rows, or no reason", row.Kind)
		}
		kinds[row.Kind] = true
		switch number := strconv.Itoa(int(row.Number)); {
		case row.Number != 0 && !numbers[number]:
			t.Errorf("%q stands for message %d: there is none", row.Kind, row.Number)
		default:
			told[number] = true // a message may have several kinds: facts leave for the first time, and are given back
		}
		switch {
		case row.Covered == "":
			if row.Cost == nil || row.Leak == nil || row.Cost(0) == 0 || row.Leak(0) == (guard.Leakage{}) {
				t.Errorf("%q costs or tells nothing", row.Kind)
			}
			if !slices.Contains(declared, row.Capability) || !egress.IsControl(row.Capability) {
				t.Errorf("%q needs the capability %q, which no domain declares", row.Kind, row.Capability)
			}
		case row.Capability != "" || !strings.Contains(row.Covered, "receipt"):
			t.Errorf("%q is covered by %q: name the receipt, and no capability", row.Kind, row.Covered)
		case !slices.Contains([]egress.Kind{egress.KindFacts, egress.KindAck, egress.KindMessage, egress.KindConfirmation}, row.Kind):
			t.Errorf("%q is covered: only facts and messages that are paid for are, and what acknowledges them", row.Kind)
		}
	}
	for number := range told {
		delete(numbers, number)
	}
	if len(numbers) > 0 {
		t.Errorf("no row for the messages %v", numbers)
	}
}

// constants returns the values of the constants in number.go whose names begin with prefix.
func constants(t *testing.T, prefix string) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "number.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, prefix) {
			value := spec.Values[0].(*ast.BasicLit).Value
			if values[value] {
				t.Errorf("two messages have the number %s", value)
			}
			values[value] = true
		}
		return true
	})
	return values
}

// TestNumbersAreGivenOnce: those in use never change, those that are promised follow them without a gap, and no
// message has two.
func TestNumbersAreGivenOnce(t *testing.T) {
	used := map[egress.Kind]byte{
		egress.KindHello: 1, egress.KindFacts: 2, egress.KindAck: 3, egress.KindAddresses: 4, egress.KindSeek: 5, egress.KindIntroduction: 6,
		egress.KindRecall: 7, egress.KindPlaces: 7, egress.KindReturned: 2, egress.KindEvidence: 8,
	}
	for _, row := range egress.Table() {
		if want, known := used[row.Kind]; known && row.Number != want {
			t.Errorf("%q has the number %d on the wire, peers know it as %d", row.Kind, row.Number, want)
		}
	}
	numbers, reserved := constants(t, "Number"), constants(t, "Reserved")
	for n := 1; n <= len(numbers)+len(reserved); n++ {
		if value := strconv.Itoa(n); numbers[value] == reserved[value] {
			t.Errorf("number %d is given twice or left out: used %v, reserved %v", n, numbers, reserved)
		}
	}
	if egress.ReservedFrames < len(numbers)+len(reserved) {
		t.Errorf("the frames of sessions begin at %d, below other numbers", egress.ReservedFrames)
	}
}

// TestNothingElseSends: outside of the transport, only Post sends on a channel and only Dial opens one, and
// both take a pass. A contact is asked to relay after the same. Only the guard and a receipt make a pass.
func TestNothingElseSends(t *testing.T) {
	allowed := map[string]string{
		"egress/pass.go Post": "Send", "egress/pass.go Dial": "Dial", "replica/addresses.go reserve": "Reserve",
		"egress/pass.go Covered": "Pass", "egress/pass.go ChargeWith": "Pass",
	}
	found := map[string]string{}
	for dir, files := range sources(t, "..") {
		if dir == "transport" || strings.HasPrefix(dir, "transport/") {
			continue
		}
		channels, openers := namesOf(files, "Channel"), namesOf(files, "Hub")
		for _, opener := range []string{"Channels", "Dialer"} {
			maps.Copy(openers, namesOf(files, opener))
		}
		for file, parsed := range files {
			for _, decl := range parsed.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				used := false
				ast.Inspect(f, func(n ast.Node) bool {
					if made, ok := n.(*ast.CompositeLit); ok && made.Type != nil && lastName(made.Type) == "Pass" {
						at := file + " " + f.Name.Name
						if found[at] = "Pass"; allowed[at] != "Pass" {
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
					used = used || method.Sel.Name == "Use"
					switch {
					case method.Sel.Name == "Send" && channels[on], method.Sel.Name == "Dial" && openers[on],
						method.Sel.Name == "Reserve" && on == "relays":
						at := file + " " + f.Name.Name
						found[at] = method.Sel.Name
						if allowed[at] != method.Sel.Name || !used {
							t.Errorf("%s calls %s.%s without a pass: use Post or Dial of package egress", at, on, method.Sel.Name)
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

// TestTheTransportSendsItselfOnlyTheHandshake: beside the cells of channels, whose content passed Post, the transport
// sends the opening that Dial is paid for and the one cell that answers an opening.
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
	want := []string{"answer.go findSecret", "answer.go receiveProof", "answer.go receiveProof", "channel.go write", "dial.go exchange"}
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
