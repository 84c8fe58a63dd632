package datalog

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// All types print as the text that [Parse] reads back to the same values, but for what only the
// binary form of a token can hold: a date after the year 9999, which prints with more digits, and a
// name that is no name, which prints in quotes.

// String returns the term in text form.
func (t Term) String() string { return render(func(p *printer) { p.term(t) }) }

// String returns the predicate in text form, without a semicolon.
func (p Predicate) String() string { return render(func(w *printer) { w.predicate(&p) }) }

// String returns the rule in text form, without a semicolon.
func (r Rule) String() string { return render(func(p *printer) { p.rule(&r) }) }

// String returns the check in text form, without a semicolon.
func (c Check) String() string { return render(func(p *printer) { p.check(&c) }) }

// String returns the policy in text form, without a semicolon.
func (c Policy) String() string { return render(func(p *printer) { p.policy(&c) }) }

// String returns the text after "trusting".
func (s Scope) String() string { return render(func(p *printer) { p.scope(s) }) }

// String returns the expression in text form.
func (e *Expr) String() string { return render(func(p *printer) { p.expr(e) }) }

// String returns the program in text form: its scopes, facts, rules, checks and policies, one
// statement a line, groups apart by an empty line.
func (p *Program) String() string { return strings.Join(p.groups(), "\n") }

// Compact returns the text of [Program.String] without its empty lines, as the contents of a block
// are shown.
func (p *Program) Compact() string { return strings.Join(p.groups(), "") }

// groups returns the text of each kind of statement that occurs.
func (p *Program) groups() (groups []string) {
	add := func(n int, statement func(w *printer, i int)) {
		if n > 0 {
			groups = append(groups, render(func(w *printer) {
				for i := range n {
					statement(w, i)
					w.text(";\n")
				}
			}))
		}
	}
	if len(p.Scopes) > 0 {
		add(1, func(w *printer, _ int) { w.trusting(p.Scopes) })
	}
	add(len(p.Facts), func(w *printer, i int) { w.predicate(&p.Facts[i]) })
	add(len(p.Rules), func(w *printer, i int) { w.rule(&p.Rules[i]) })
	add(len(p.Checks), func(w *printer, i int) { w.check(&p.Checks[i]) })
	add(len(p.Policies), func(w *printer, i int) { w.policy(&p.Policies[i]) })
	return groups
}

func render(write func(*printer)) string {
	var p printer
	write(&p)
	return p.out.String()
}

// printer writes text form.
type printer struct{ out strings.Builder }

func (p *printer) text(s string) { p.out.WriteString(s) }

// list writes n items with commas between them.
func (p *printer) list(n int, item func(i int)) {
	for i := range n {
		if i > 0 {
			p.text(", ")
		}
		item(i)
	}
}

// name writes a name as it is, or quoted if text form cannot write it: a token may carry any string
// as a name, and a text must not look like another one.
func (p *printer) name(s string, fits bool) {
	if fits && s != "" {
		p.text(s)
	} else {
		p.quoted(s)
	}
}

func (p *printer) quoted(s string) { p.text(`"` + escapes.Replace(s) + `"`) }

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

const maxPrintedDate = 1 << 50 // beyond it time.Unix and the calendar stop being of use

func (p *printer) term(t Term) {
	switch t.kind {
	case KindVariable:
		p.text("$")
		p.name(t.str, nameLength(t.str) == len(t.str))
	case KindInteger:
		p.text(strconv.FormatInt(int64(t.num), 10))
	case KindString:
		p.quoted(t.str)
	case KindDate:
		p.text(time.Unix(int64(min(t.num, maxPrintedDate)), 0).UTC().Format(time.RFC3339))
	case KindBytes:
		p.text("hex:" + hex.EncodeToString([]byte(t.str)))
	case KindBool:
		p.text(strconv.FormatBool(t.num != 0))
	case KindNull:
		p.text("null")
	case KindSet, KindArray, KindMap:
		p.collection(t)
	default:
		p.text("<no term>")
	}
}

func (p *printer) collection(t Term) {
	switch {
	case t.kind == KindArray:
		p.text("[")
		p.list(len(t.list), func(i int) { p.term(t.list[i]) })
		p.text("]")
	case t.kind == KindMap:
		p.text("{")
		p.list(t.Len(), func(i int) {
			p.term(t.list[2*i])
			p.text(": ")
			p.term(t.list[2*i+1])
		})
		p.text("}")
	case len(t.list) == 0:
		p.text("{,}")
	default:
		p.text("{")
		p.list(len(t.list), func(i int) { p.term(t.list[i]) })
		p.text("}")
	}
}

func (p *printer) predicate(q *Predicate) {
	p.name(q.Name, isName(q.Name))
	p.text("(")
	p.list(len(q.Terms), func(i int) { p.term(q.Terms[i]) })
	p.text(")")
}

func (p *printer) rule(r *Rule) {
	p.predicate(&r.Head)
	p.text(" <- ")
	p.body(r)
}

func (p *printer) body(r *Rule) {
	p.list(len(r.Body)+len(r.Expressions), func(i int) {
		if i < len(r.Body) {
			p.predicate(&r.Body[i])
		} else {
			p.expr(r.Expressions[i-len(r.Body)])
		}
	})
	if len(r.Scopes) > 0 {
		p.text(" ")
		p.trusting(r.Scopes)
	}
}

func (p *printer) trusting(scopes []Scope) {
	p.text("trusting ")
	p.list(len(scopes), func(i int) { p.scope(scopes[i]) })
}

func (p *printer) scope(s Scope) {
	switch s.Kind {
	case ScopeAuthority:
		p.text("authority")
	case ScopePrevious:
		p.text("previous")
	default:
		p.text(s.Key.String())
	}
}

func (p *printer) queries(queries []Rule) {
	for i := range queries {
		if i > 0 {
			p.text(" or ")
		}
		p.body(&queries[i])
	}
}

func (p *printer) check(c *Check) {
	switch c.Kind {
	case CheckAll:
		p.text("check all ")
	case CheckRejectIf:
		p.text("reject if ")
	default:
		p.text("check if ")
	}
	p.queries(c.Queries)
}

func (p *printer) policy(c *Policy) {
	if c.Kind == PolicyAllow {
		p.text("allow if ")
	} else {
		p.text("deny if ")
	}
	p.queries(c.Queries)
}
