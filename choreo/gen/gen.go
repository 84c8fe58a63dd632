package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
)

// DefaultPort is the import path of the package that declares the interface Port.
const DefaultPort = "github.com/aura-runtime/aura/machine"

// Options says how the code is placed.
type Options struct {
	// Package is the name of the package; default the protocol's name in lower case. In a package of any
	// other name all names begin with the protocol's, so that several protocols have room in it.
	Package string
	// Port is the import path of a package with an interface Port[C]:
	//
	//	Send(ctx C, to choreo.Role, label string, payload []byte) error
	//	Receive(ctx C, from choreo.Role) (label string, payload []byte, err error)
	//
	// Default [DefaultPort].
	Port string
	// Types are the Go types of payloads, by their names in the protocol, such as "shop.Item". A payload without one is
	// bytes.
	Types map[string]Type
	// Defaults complete the embedded manifest.
	Defaults choreo.Defaults
}

// Type is the Go type that a domain registered for a payload. It implements encoding.BinaryMarshaler, and a pointer to it
// encoding.BinaryUnmarshaler.
type Type struct {
	// Import is the path of its package, whose name is the last element of the path.
	Import string
	// Name is its name there.
	Name string
}

func (t Type) String() string { return path.Base(t.Import) + "." + t.Name }

// complete fills in unset options, and refuses invalid ones.
func (o *Options) complete(op aura.Op, p *choreo.Protocol) error {
	if o.Package == "" {
		o.Package = PackageName(p)
	}
	if o.Port == "" {
		o.Port = DefaultPort
	}
	if !token.IsIdentifier(o.Package) {
		return aura.Errorf(op, aura.Invalid, "%q cannot be the name of a package", o.Package)
	}
	return o.checkTypes(op)
}

// checkTypes demands types that the code can name, from packages whose names differ.
func (o *Options) checkTypes(op aura.Op) error {
	from := map[string]string{"aura": "github.com/aura-runtime/aura", path.Base(o.Port): o.Port, o.Package: ""}
	for _, name := range slices.Sorted(maps.Keys(o.Types)) {
		t := o.Types[name]
		pkg := path.Base(t.Import)
		other, taken := from[pkg]
		switch {
		case !token.IsIdentifier(pkg) || !token.IsExported(t.Name) || !token.IsIdentifier(t.Name):
			return aura.Errorf(op, aura.Invalid, "payload %s: %s.%s is not the name of a type", name, t.Import, t.Name)
		case taken && other != t.Import:
			return aura.Errorf(op, aura.Invalid, "payload %s: another package is called %s in this code", name, pkg)
		}
		from[pkg] = t.Import
	}
	return nil
}

// Go writes the endpoints of all roles of an instance as one file. It returns aura.Invalid if a role has
// no part, if the protocol cannot be run, or if the package's name is none.
func Go(inst *choreo.Instance, opts Options) ([]byte, error) {
	const op = "gen.Go"
	if err := opts.complete(op, inst.Protocol); err != nil {
		return nil, err
	}
	w := newWriter(inst, opts)
	manifest, err := json.Marshal(inst.Protocol.Manifest(opts.Defaults))
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Internal, Err: err}
	}
	var roles []*endpoint
	for _, role := range inst.Roles {
		local, err := inst.Local(role)
		if err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
		}
		table, err := choreo.NewTable(local)
		if err != nil {
			return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
		}
		roles = append(roles, w.endpoint(role, table))
	}
	w.header(roles)
	w.manifest(manifest)
	w.messages(roles)
	w.run()
	for _, e := range roles {
		w.role(e)
	}
	return formatted(op, w.Bytes())
}

// formatted returns code as gofmt has it.
func formatted(op aura.Op, code []byte) ([]byte, error) {
	out, err := format.Source(code)
	if err != nil { // the generated code is not Go: a bug here
		return nil, &aura.Error{Op: op, Kind: aura.Internal, Err: err}
	}
	return out, nil
}

// writer collects the text of one file. Names are given out once, so that nothing is declared twice.
type writer struct {
	bytes.Buffer
	inst    *choreo.Instance
	opts    Options
	prefix  string            // of every exported name: "", or the protocol's in Go's exported form
	session string            // the unexported type that is shared by the states of a role
	turn    string            // the unexported type that says whose turn it is
	ctx     string            // the type parameter for the caller's context
	taken   names             // the package's names
	structs map[string]string // message label → its struct
}

func newWriter(inst *choreo.Instance, opts Options) *writer {
	w := &writer{inst: inst, opts: opts, session: "run", turn: "turn", taken: names{}, structs: map[string]string{}}
	if opts.Package != PackageName(inst.Protocol) {
		w.prefix = exported(inst.Protocol.Name)
		w.session, w.turn = unexported(w.prefix)+"Run", unexported(w.prefix)+"Turn"
	}
	return w
}

func (w *writer) p(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// name gives out a name of the package.
func (w *writer) name(want string) string { return w.taken.give(want) }

func (w *writer) header(roles []*endpoint) {
	w.p("%s", header(w.inst.Protocol))
	w.p("")
	w.p("package %s", w.opts.Package)
	w.p("")
	w.p("import (")
	w.p("%q", "github.com/aura-runtime/aura")
	w.p("%q", w.opts.Port)
	for _, imported := range w.imports(roles) {
		w.p("%q", imported)
	}
	w.p(")")
	w.p("")
}

// imports lists the packages of the payloads that the roles exchange.
func (w *writer) imports(roles []*endpoint) []string {
	var list []string
	for _, e := range roles {
		for _, s := range e.table.States {
			for _, edge := range s.Edges {
				if t, ok := w.opts.Types[edge.Label.Payload]; ok {
					list = append(list, t.Import)
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// port is the interface in the generated code.
func (w *writer) port() string { return path.Base(w.opts.Port) + ".Port[" + w.ctx + "]" }

// of adds the type argument for the caller's context to a type of the generated code.
func (w *writer) of(name string) string { return name + "[" + w.ctx + "]" }

func (w *writer) manifest(data []byte) {
	w.p("// %sManifest is what admission needs to know of the protocol, as JSON.", w.prefix)
	w.p("const %s = %s", w.name(w.prefix+"Manifest"), literal(string(data)))
	w.p("")
}

// literal prefers the form that reads as it is.
func literal(s string) string {
	if strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

// messages declares one struct for each label, in the order in which the roles mention them.
func (w *writer) messages(roles []*endpoint) {
	for _, e := range roles {
		for _, s := range e.table.States {
			for _, edge := range s.Edges {
				w.message(edge.Label)
			}
		}
	}
}

func (w *writer) message(l choreo.Label) {
	if w.structs[l.Name] != "" {
		return
	}
	name := w.name(w.prefix + exported(l.Name))
	w.structs[l.Name] = name
	what, kind := "whose payload is opaque to the protocol.", "[]byte"
	if l.Payload != "" {
		what = "whose payload encodes " + l.Payload + "."
	}
	if t, ok := w.opts.Types[l.Payload]; ok {
		what, kind = "whose payload is a "+l.Payload+".", t.String()
	}
	w.p("// %s is the message %s, %s", name, l.Name, what)
	w.p("type %s struct{ Payload %s }", name, kind)
	w.p("")
}

// run declares the state that the states of one session share: the number of its steps.
func (w *writer) run() {
	w.ctx = w.name("C")
	w.p("// %s is one role's session: its port, and how many steps were taken.", w.session)
	w.p("type %s[%s any] struct {\n\tport %s\n\tsteps uint64\n}", w.session, w.ctx, w.port())
	w.p("")
	w.p("// %s is a state's claim to be the current one. A state belongs to one task.", w.turn)
	w.p("type %s[%s any] struct {\n\trun *%s\n\tstep uint64\n}", w.turn, w.ctx, w.of(w.session))
	w.p("")
	w.p("func (t %s) check(op aura.Op) error {", w.of(w.turn))
	w.p("if t.run == nil {\nreturn aura.Errorf(op, aura.Invalid, \"the session was not started\")\n}")
	w.p("if t.run.steps != t.step {\nreturn aura.Errorf(op, aura.Stale, \"this state was left already\")\n}")
	w.p("return nil\n}")
	w.p("")
	w.p("func (t %s) next() %s {\nt.run.steps++\nreturn %s{t.run, t.run.steps}\n}", w.of(w.turn), w.of(w.turn), w.of(w.turn))
	w.p("")
}
