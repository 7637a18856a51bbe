import Foundation
import FoundationXML

/// A drawing as its file says, read by an XML parser.
final class Drawing: NSObject, XMLParserDelegate {
    struct Rectangle {
        let kind: String
        /// The name of what it stands for.
        let title: String
        let x: Double
        let y: Double
        let width: Double
        let height: Double

        var right: Double { x + width }
        var bottom: Double { y + height }

        func contains(_ other: Rectangle) -> Bool {
            x <= other.x && y <= other.y && other.right <= right && other.bottom <= bottom
        }

        func overlaps(_ other: Rectangle) -> Bool {
            x < other.right && other.x < right && y < other.bottom && other.y < bottom
        }

        /// Whether a point is on its border.
        func touches(_ point: (x: Double, y: Double)) -> Bool {
            (x...right).contains(point.x) && min(abs(point.y - y), abs(point.y - bottom)) < 2
                || min(abs(point.x - x), abs(point.x - right)) < 2 && (y...bottom).contains(point.y)
        }
    }

    struct Text {
        let kind: String
        let text: String
        /// The node or container that it is part of; empty beside lines.
        let title: String
        let x: Double
        let y: Double
    }

    struct Line {
        let kind: String
        /// What it leads from and to, and its shape.
        let title: String
        let start: (x: Double, y: Double)
        let end: (x: Double, y: Double)
    }

    private(set) var width = 0.0
    private(set) var height = 0.0
    /// Of nodes, circles too.
    private(set) var boxes: [Rectangle] = []
    private(set) var frames: [Rectangle] = []
    private(set) var texts: [Text] = []
    private(set) var lines: [Line] = []

    private var path: [(element: String, attributes: [String: String])] = []
    private var title = ""
    private var characters = ""

    /// - Throws: what is wrong with the XML.
    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        path.append((element, attributes))
        characters = ""
        let kind = attributes["class"] ?? ""
        func value(_ name: String) -> Double { Double(attributes[name] ?? "") ?? .nan }
        switch element {
        case "svg":
            width = value("width")
            height = value("height")
        case "g": title = ""
        case "rect" where path.count > 2:
            let box = Rectangle(
                kind: kind, title: title, x: value("x"), y: value("y"), width: value("width"), height: value("height"))
            if kind == "frame" { frames.append(box) } else { boxes.append(box) }
        case "circle":
            let radius = value("r")
            boxes.append(
                Rectangle(
                    kind: kind, title: title, x: value("cx") - radius, y: value("cy") - radius, width: 2 * radius,
                    height: 2 * radius))
        case "path" where path.dropLast().last?.element == "g":
            let numbers = attributes["d"]!.split { !"0123456789.-".contains($0) }.compactMap { Double($0) }
            lines.append(
                Line(
                    kind: kind, title: title, start: (numbers[0], numbers[1]),
                    end: (numbers[numbers.count - 2], numbers[numbers.count - 1])))
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { characters += string }

    func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
        let attributes = path.removeLast().attributes
        switch element {
        // The drawing itself has one too.
        case "title" where path.last?.element == "g": title = characters
        case "g": title = ""
        case "text":
            texts.append(
                Text(
                    kind: attributes["class"] ?? "", text: characters, title: title,
                    x: Double(attributes["x"] ?? "") ?? .nan, y: Double(attributes["y"] ?? "") ?? .nan))
        default: break
        }
    }
}
