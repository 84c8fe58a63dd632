// Package contact holds the contacts: how an authority became a contact, its name, its label and
// where it was last reached.
//
// Facts about contacts enter a [State]; [Contact] values and references leave it. The owner names a contact: [Petname]
// makes the first label, and no fact of a peer changes it. [Match] finds the text that a person typed among labels and
// identifiers. [ParseName] refuses names that could mislead a reader.
package contact
