package bridge;

import eu.europa.esig.dss.diagnostic.CertificateWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jose4j.json.JsonUtil;

/**
 * Reads sealed files with the EU's Digital Signature Service and prints what it says of each, one JSON object a line.
 *
 * <p>Arguments: {@code --anchor=FILE} for each trust anchor, {@code --crl=FILE} for each revocation list (PEM or DER),
 * then the files. The policy is the one that DSS ships. No network is asked, so that the verdict depends on nothing but
 * what was given.
 */
public final class Judge {

    private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();

    private Judge(List<File> anchors, List<File> revocationLists) {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        anchors.forEach(file -> trusted.addCertificate(DSSUtils.loadCertificate(file)));
        verifier.setTrustedCertSources(trusted);
        DSSDocument[] lists = revocationLists.stream().map(FileDocument::new).toArray(DSSDocument[]::new);
        verifier.setCrlSource(new ExternalResourcesCRLSource(lists));
    }

    public static void main(String[] arguments) {
        Map<String, List<File>> given = new LinkedHashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.startsWith("--") ? argument.split("=", 2) : new String[] {"file", argument};
            given.computeIfAbsent(parts[0], option -> new ArrayList<>()).add(new File(parts[1]));
        }
        Judge judge = new Judge(given.getOrDefault("--anchor", List.of()), given.getOrDefault("--crl", List.of()));
        given.getOrDefault("file", List.of()).forEach(file -> System.out.println(JsonUtil.toJson(judge.verdict(file))));
    }

    private Map<String, Object> verdict(File file) {
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("file", file.getName());
        try {
            SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
            validator.setCertificateVerifier(verifier);
            verdict.putAll(signature(validator.validateDocument()));
        } catch (RuntimeException unreadable) {
            verdict.put("error", String.valueOf(unreadable.getMessage()));
        }
        return verdict;
    }

    private static Map<String, Object> signature(Reports reports) {
        SimpleReport report = reports.getSimpleReport();
        String id = report.getFirstSignatureId();
        SignatureWrapper signature = reports.getDiagnosticData().getSignatureById(id);
        CertificateWrapper certificate = signature.getSigningCertificate();
        Map<String, Object> verdict = new LinkedHashMap<>();
        verdict.put("signatures", report.getSignaturesCount());
        verdict.put("format", String.valueOf(report.getSignatureFormat(id)));
        verdict.put("indication", String.valueOf(report.getIndication(id)));
        verdict.put("sub_indication", String.valueOf(report.getSubIndication(id)));
        verdict.put("intact", signature.isSignatureIntact());
        verdict.put("valid", signature.isSignatureValid());
        verdict.put("structure", signature.getStructuralValidationMessages());
        verdict.put("timestamps", signature.getTimestampList().size());
        verdict.put("certificate", certificate == null ? null : certificate.getCertificateDN());
        verdict.put("errors", report.getAdESValidationErrors(id).stream().map(Message::getValue).toList());
        verdict.put("warnings", report.getAdESValidationWarnings(id).stream().map(Message::getValue).toList());
        return verdict;
    }
}
