package syntax

import (
	"fmt"
	"strings"
)

func (p *formatter) decl(d Decl) {
	switch d := d.(type) {
	case *ProofBundle:
		p.proofBundle(d)
	case *Profile:
		p.line(d.Span, strings.TrimRight("profile "+d.Name.Text+" "+fieldsText(d.Fields, " "), " "))
	case *AgreementProfile:
		p.line(d.Span, "agreement_profile "+d.Name.Text+" { "+fieldsText(d.Fields, " ")+" }")
	case *RoleSet:
		members := join(d.Members)
		if d.Of.Text != "" {
			members = fmt.Sprintf("subset(%s, %s..%s)", d.Of.Text, d.Range.From, d.Range.To)
		}
		p.line(d.Span, "role_set "+d.Name.Text+" = "+members)
	case *Topology:
		p.line(d.Span, d.Shape.Text+" "+d.Name.Text+" = "+join(d.Members))
	case *TypeAlias:
		p.line(d.Span, "type alias "+d.Name.Text+" = "+d.Type.String())
	case *TypeDecl:
		p.typeDecl(d)
	case *Effect:
		p.line(Span{d.Start, d.Name.Span.End}, "effect "+d.Name.Text)
		p.indented(d.Operations[0].Start, func() {
			for _, op := range d.Operations {
				p.effectOp(op)
			}
		})
	case *Fragment:
		text := "fragment " + d.Name.Text
		if len(d.Params) > 0 {
			text += "(" + join(d.Params) + ")"
		}
		p.line(d.Span, text)
	case *Operation:
		p.operation(d)
	case *GuestRuntime:
		text := "guest runtime " + d.Name.Text + " ="
		if len(d.Uses) > 0 {
			text += " uses " + join(d.Uses)
		}
		for _, e := range d.Entry {
			text += " entry " + e.Text
		}
		p.line(d.Span, text)
	}
}

func fieldsText(fields []Field, between string) string {
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = f.Key.Text + between + f.Value.Text
	}
	return strings.Join(texts, " ")
}

// proofBundle stays on one line, or breaks inside the brackets, where there is no layout.
func (p *formatter) proofBundle(d *ProofBundle) {
	text := "proof_bundle " + d.Name.Text
	if d.Version != "" {
		text += ` version "` + d.Version + `"`
	}
	if d.Issuer != "" {
		text += ` issuer "` + d.Issuer + `"`
	}
	for _, c := range d.Constraints {
		text += ` constraint "` + c + `"`
	}
	if len(d.Requires) == 0 {
		p.line(d.Span, text)
		return
	}
	if whole := text + " requires [" + join(d.Requires) + "]"; p.fits(whole) {
		p.line(d.Span, whole)
		return
	}
	margin := "\n" + strings.Repeat("  ", p.level)
	items := make([]string, len(d.Requires))
	for i, r := range d.Requires {
		items[i] = margin + "  " + r.Text
	}
	p.line(d.Span, text+" requires ["+strings.Join(items, ",")+margin+"]")
}

func (p *formatter) typeDecl(d *TypeDecl) {
	texts := make([]string, len(d.Variants))
	for i, v := range d.Variants {
		texts[i] = "| " + v.Name.Text
		if v.Type != nil {
			texts[i] += "(" + v.Type.String() + ")"
		}
	}
	head := "type " + d.Name.Text + " ="
	if whole := head + " " + strings.Join(texts, " "); p.fits(whole) {
		p.line(d.Span, whole)
		return
	}
	p.line(p.past(Span{d.Start, d.Name.Span.End}, "="), head)
	p.indented(d.Variants[0].Start, func() {
		for i, v := range d.Variants {
			p.line(v.Span, texts[i])
		}
	})
}

func (p *formatter) effectOp(op *EffectOp) {
	text := op.Name.Text + " : " + op.In.String() + " -> " + op.Out.String()
	if op.Class != "" {
		text = op.Class + " " + text
	}
	if len(op.Fields) == 0 {
		p.line(op.Span, text)
		return
	}
	texts := make([]string, len(op.Fields))
	for i, f := range op.Fields {
		texts[i] = f.Key.Text + " : " + f.Value.Text
	}
	fields := "{ " + strings.Join(texts, ", ") + " }"
	if p.fits(text + " " + fields) {
		p.line(op.Span, text+" "+fields)
		return
	}
	p.line(op.Span, text+"\n"+strings.Repeat("  ", p.level+1)+fields)
}

func (p *formatter) operation(d *Operation) {
	text := "operation " + d.Name.Text
	if len(d.Params) > 0 {
		texts := make([]string, len(d.Params))
		for i, param := range d.Params {
			texts[i] = param.Name.Text + " : " + param.Type.String()
		}
		text += "(" + strings.Join(texts, ", ") + ")"
	}
	text += " at " + d.At.String()
	end := d.At.Span.End
	if d.Within.Text != "" {
		text += " within " + d.Within.Text
		end = d.Within.Span.End
		if n := len(d.Args); n > 0 {
			text += "(" + join(d.Args) + ")"
			end = d.Args[n-1].Span.End
		}
	}
	if d.Progress != nil {
		text += " " + d.Progress.String()
		end = d.Progress.End
	}
	if d.Agreement.Text != "" {
		text += " agreement " + d.Agreement.Text
		end = d.Agreement.Span.End
		if d.Prestate.Text != "" {
			text += " prestate " + d.Prestate.Text
			end = d.Prestate.Span.End
		}
	}
	if d.Compose.Text != "" {
		text += " compose " + d.Compose.Text
		end = d.Compose.Span.End
		if d.Parts != nil {
			text += "(" + d.Parts.String() + ")"
			end = d.Parts.Span.End
		}
	}
	p.bodied(Span{d.Start, end}, text+" =", d.Roles, d.Body)
}
