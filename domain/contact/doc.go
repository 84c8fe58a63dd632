// Package contact says who the people are: how an authority became a contact, what it is called and
// where it was last reached.
//
// Facts about contacts enter a [State]; [Contact] values and references leave it. Start with
// [State.Resolve], which turns what a person typed into a [Ref], once, at the door. The package refuses
// names that could mislead a reader and never lets a contact take a name that another one has.
package contact
