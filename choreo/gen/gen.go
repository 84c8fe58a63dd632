package gen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"go/token"
	"path"
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
	// Port is the import path of a package with an interface Port:
	//
	//	Send(to choreo.Role, label string, payload []byte) error
	//	Receive(from choreo.Role) (label string, payload []byte, err error)
	//
	// Default [DefaultPort].
	Port string
	// Defaults complete the embedded manifest.
	Defaults choreo.Defaults
}

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
	w.header()
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

func (w *writer) header() {
	w.p("%s", header(w.inst.Protocol))
	w.p("")
	w.p("package %s", w.opts.Package)
	w.p("")
	w.p("import (")
	w.p("%q", "github.com/aura-runtime/aura")
	w.p("%q", w.opts.Port)
	w.p(")")
	w.p("")
}

// port is the name of the interface in the generated code.
func (w *writer) port() string { return path.Base(w.opts.Port) + ".Port" }

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
	what := "whose payload is opaque to the protocol."
	if l.Payload != "" {
		what = "whose payload encodes " + l.Payload + "."
	}
	w.p("// %s is the message %s, %s", name, l.Name, what)
	w.p("type %s struct{ Payload []byte }", name)
	w.p("")
}

// run declares the state that the states of one session share: the number of its steps.
func (w *writer) run() {
	w.p("// %s is one role's session: its port, and how many steps were taken.", w.session)
	w.p("type %s struct {\n\tport %s\n\tsteps uint64\n}", w.session, w.port())
	w.p("")
	w.p("// %s is a state's claim to be the current one. A state belongs to one task.", w.turn)
	w.p("type %s struct {\n\trun *%s\n\tstep uint64\n}", w.turn, w.session)
	w.p("")
	w.p("func (t %s) check(op aura.Op) error {", w.turn)
	w.p("if t.run == nil {\nreturn aura.Errorf(op, aura.Invalid, \"the session was not started\")\n}")
	w.p("if t.run.steps != t.step {\nreturn aura.Errorf(op, aura.Stale, \"this state was left already\")\n}")
	w.p("return nil\n}")
	w.p("")
	w.p("func (t %s) next() %s {\nt.run.steps++\nreturn %s{t.run, t.run.steps}\n}", w.turn, w.turn, w.turn)
	w.p("")
}
